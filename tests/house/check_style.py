# SPDX-License-Identifier: Apache-2.0
"""What clang-format does not see: length, #pragma once, blanks at line ends, unfinished work.

usage: check_style.py ROOT
"""

import re
import sys

import house

LINES_MAX = 600

# path -> why it may be longer
LONG = {
    "devices/finding.c": "one table of texts for people",
}

UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b")


def main(root):
    problems = []
    for path in house.files(root, ".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", "bootstrap"):
        text = house.read(root, path)
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            if line != line.rstrip():
                problems.append(f"{path}:{number}: blanks at the end")
            if UNFINISHED.search(line):
                problems.append(f"{path}:{number}: unfinished")
        if not text.endswith("\n") or text.endswith("\n\n"):
            problems.append(f"{path}: does not end with exactly one line end")
        if path.endswith(".h") and "\n#pragma once\n" not in text:
            problems.append(f"{path}: no #pragma once")
        if path.endswith((".c", ".h")) and len(lines) - 1 > LINES_MAX and path not in LONG:
            problems.append(f"{path}: {len(lines) - 1} lines; look for the second noun")
    house.end(problems)


main(sys.argv[1])
