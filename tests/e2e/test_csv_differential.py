# SPDX-License-Identifier: Apache-2.0
"""Our reader of delimited text against Python's, on well-formed text.

CSV_DUMP in the environment names tests/tools/csv_dump.c as a program.
"""

import csv
import io
import json
import os
import random
import subprocess
import unittest

CSV_DUMP = os.environ["CSV_DUMP"]
ROUNDS = 30
ALPHABET = [*"aZ0 ,;\t\"\n\r'\\é€😀", '""', "\r\n"]


def cell(rng):
    if rng.random() < 0.1:
        return "T0" + "A" * 3998
    return "".join(rng.choices(ALPHABET, k=rng.randrange(8)))


def rows_of(rng):
    # Python writes a row of one empty cell in quotes, but reads a blank line as no cells.
    width = rng.randrange(1, 8)
    rows = ([cell(rng) for _ in range(width)] for _ in range(rng.randrange(1, 60)))
    return [row for row in rows if row != [""]]


def ours(text, delimiter):
    done = subprocess.run([CSV_DUMP, delimiter], input=text.encode(), capture_output=True,
                          timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.decode().split("\n") if line]


class Differential(unittest.TestCase):
    def compare(self, delimiter, **style):
        rng = random.Random(f"{delimiter} {style}")
        for _ in range(ROUNDS):
            rows = rows_of(rng)
            text = io.StringIO(newline="")
            csv.writer(text, delimiter=delimiter, **style).writerows(rows)
            theirs = list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter))
            self.assertEqual(theirs, rows)
            self.assertEqual(ours(text.getvalue(), delimiter), theirs)

    def test_comma(self):
        self.compare(",")

    def test_semicolon(self):
        self.compare(";")

    def test_tab(self):
        self.compare("\t")

    def test_bar(self):
        self.compare("|")

    def test_everything_quoted(self):
        self.compare(",", quoting=csv.QUOTE_ALL)

    def test_lf(self):
        # Quoted, because Python's writer leaves a lone CR bare here, and its reader stops there.
        self.compare(",", quoting=csv.QUOTE_ALL, lineterminator="\n")

    def test_no_last_line_end(self):
        self.assertEqual(ours('a,"b"', ","), [["a", "b"]])
        self.assertEqual(ours("a,", ","), [["a", ""]])


if __name__ == "__main__":
    unittest.main()
