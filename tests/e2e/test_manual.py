# SPDX-License-Identifier: Apache-2.0
"""The manual pages say what the program's tables say, and man reads them without a complaint."""

import os
import re
import shutil
import subprocess
import unittest

import harness
import manual  # of tests/tools, which harness has put on the path

NEEDED = ("scdoc", "man")


def text_of(page):
    return (manual.PAGES / f"{page}.scd").read_text(encoding="utf-8")


class Manual(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.tables = manual.read_tables()
        cls.made = manual.parts(cls.tables, manual.read_schema())
        cls.pages = sorted(manual.PAGES.glob("*.scd"))

    def test_generated_parts(self):
        """tests/tools/manual.py writes them."""
        found = set()
        for path in self.pages:
            text = path.read_text(encoding="utf-8")
            found |= {m["name"] for m in manual.PART.finditer(text)}
            with self.subTest(path.name):
                self.assertEqual(text, manual.with_parts(text, self.made))
        self.assertEqual(found, set(self.made))

    def test_all_pages_are_made(self):
        listed = (manual.PAGES / "CMakeLists.txt").read_text(encoding="utf-8")
        (names,) = re.findall(r"set\(pages ([^)]*)\)", listed)
        self.assertEqual({p.stem for p in self.pages}, set(names.split()))

    def test_exit_codes(self):
        told = set(re.findall(r"^\*(\d+)\*$", text_of("autoreg.1"), re.MULTILINE))
        used = {str(e["code"]) for c in self.tables["commands"] for e in c["exits"]}
        self.assertLessEqual(used, told)
        (run,) = [c for c in self.tables["commands"] if c["name"] == "run"]
        told = set(re.findall(r"^\*(\d+)\*$", text_of("autoreg.8"), re.MULTILINE))
        self.assertEqual({str(e["code"]) for e in run["exits"]}, told)

    def test_formats(self):
        section = re.search(r"# FORMATS THAT ARE READ\n(.*?)\n# ", text_of("autoreg-formats.7"), re.DOTALL)
        self.assertEqual(self.tables["read"], re.findall(r"^\*(.*)\*$", section[1], re.MULTILINE))

    def test_simulator_options(self):
        shown = subprocess.run([os.environ["AUTOREG_SIMULATOR"], "--help"], capture_output=True,
                               text=True, check=True).stdout
        self.assertEqual(re.findall(r"^ +(--\S+)", shown, re.MULTILINE),
                         re.findall(r"^\*(--\S+)\*", text_of("autoreg-simulator.1"), re.MULTILINE))

    def test_man_has_no_complaint(self):
        missing = [tool for tool in NEEDED if not shutil.which(tool)]
        if missing:
            self.skipTest(f"no {missing[0]}")
        for path in self.pages:
            with self.subTest(path.name), open(path, encoding="utf-8") as source:
                made = subprocess.run(["scdoc"], stdin=source, capture_output=True, check=True).stdout
                page = self.folder / path.stem
                page.write_bytes(made)
                for arguments in (["-Tutf8", "-Z"], ["-Tutf8"]):
                    read = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", *arguments, page],
                                          capture_output=True, check=True, text=True,
                                          env={**os.environ, "MANWIDTH": "80", "PAGER": "cat"})
                    self.assertEqual(read.stderr, "")

    def test_rendered_page_has_all_options(self):
        if not shutil.which("scdoc"):
            self.skipTest("no scdoc")
        page = subprocess.run(["scdoc"], input=text_of("autoreg.1"), capture_output=True, check=True,
                              text=True).stdout
        for command in self.tables["commands"]:
            self.assertIn(f".SS autoreg {command['name']}\n", page)
            for option in command["options"]:
                self.assertIn(f"\\fB--{option['name']}\\fR", page)


if __name__ == "__main__":
    unittest.main()
