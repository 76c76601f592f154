# SPDX-License-Identifier: Apache-2.0
"""README.md shows what the program prints, and not what it once printed."""

import pathlib
import re
import sys
import unittest

import harness

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import readme_outputs  # noqa: E402


class Readme(harness.Case):
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    def test_outputs_are_real(self):
        commands = [m["command"] for m in readme_outputs.blocks(self.text)]
        self.assertGreaterEqual(len(commands), 5)
        self.assertIn("autoreg demo", commands)
        for found in readme_outputs.blocks(self.text):
            with self.subTest(found["command"]):
                self.assertEqual(found["output"],
                                 readme_outputs.output_of(found["command"], harness.PROGRAM))

    def test_configuration_is_good(self):
        (yaml,) = re.findall(r"^```yaml\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        result = self.autoreg("--config", self.write("autoreg.yaml", yaml), "config", "show")
        self.assertEqual(result.code, 0, result.err)

    def test_commands_and_keys_are_there(self):
        known = self.autoreg("help").out
        for command in set(re.findall(r"`autoreg ([a-z]+)", self.text)):
            self.assertRegex(known, rf"\n  {command} ")
        defaults = self.autoreg("config", "init").out
        for key, value in re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", self.text, re.MULTILINE):
            self.assertIn(f"\n#{key}: {value}\n", defaults)


if __name__ == "__main__":
    unittest.main()
