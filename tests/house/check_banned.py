# SPDX-License-Identifier: Apache-2.0
"""Functions that invite mistakes are called in base/ only, if at all.

usage: check_banned.py ROOT
"""

import re
import sys

import house

BANNED = re.compile(
    r"\b(v?sprintf|strcpy|strcat|strncpy|strtok(?:_r)?|ato(?:i|l|ll|f)|strto(?:u?l{1,2}|[fd]|ld"
    r"|[iu]max)|gets|v?[fs]?scanf|alloca|localtime(?:_r)?|system)\s*\("
)


def main(root):
    problems = []
    for path in house.files(root, ".c", ".h"):
        if path.startswith("base/"):
            continue
        code = house.without_comments(house.read(root, path))
        for number, line in enumerate(code.split("\n"), 1):
            problems += [f"{path}:{number}: {name}() is banned" for name in BANNED.findall(line)]
    house.end(problems)


main(sys.argv[1])
