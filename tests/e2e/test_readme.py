# SPDX-License-Identifier: Apache-2.0
"""README.md shows what the program prints, and not what it once printed."""

import pathlib
import sys
import unittest

import harness

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import readme_outputs  # noqa: E402


class Readme(unittest.TestCase):
    maxDiff = None

    def test_outputs_are_real(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        commands = [m["command"] for m in readme_outputs.BLOCK.finditer(text)]
        self.assertGreaterEqual(len(commands), 5)
        for found in readme_outputs.BLOCK.finditer(text):
            with self.subTest(found["command"]):
                self.assertEqual(found["output"],
                                 readme_outputs.output_of(found["command"], harness.PROGRAM))


if __name__ == "__main__":
    unittest.main()
