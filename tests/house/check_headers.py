# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, with warnings as errors.

usage: check_headers.py ROOT COMPILER FLAG...
"""

import subprocess
import sys

import house


def main(root, command):
    problems = []
    for path in house.files(root, ".h"):
        run = subprocess.run(
            [*command, "-Werror", "-fsyntax-only", "-I.", "-xc", "-"],
            cwd=root, input=f'#include "{path}"\n', capture_output=True, text=True, check=False)
        if run.returncode != 0:
            problems.append(f"{path}: does not compile alone\n{run.stderr}")
    house.end(problems)


main(sys.argv[1], sys.argv[2:])
