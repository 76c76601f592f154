# SPDX-License-Identifier: Apache-2.0
"""clang-format has nothing to change. Versions differ in taste, so it is one version only.

usage: check_format.py ROOT
"""

import os
import shutil
import subprocess
import sys

import house

TOOL = "clang-format-14"


def main(root):
    if not shutil.which(TOOL):
        house.skip(f"no {TOOL}")
    paths = [os.path.join(root, f) for f in house.files(root, ".c", ".h")]
    sys.exit(subprocess.run([TOOL, "--dry-run", "-Werror", "--style=file", *paths], check=False).returncode)


main(sys.argv[1])
