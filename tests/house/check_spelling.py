# SPDX-License-Identifier: Apache-2.0
"""codespell knows every word of ours. Tests are left out: they misspell on purpose.

usage: check_spelling.py ROOT
"""

import os
import shutil
import subprocess
import sys

import house


def main(root):
    if not shutil.which("codespell"):
        house.skip("no codespell")
    paths = [os.path.join(root, f) for f in house.files(root) if not f.startswith("tests/")]
    sys.exit(subprocess.run(["codespell", *paths], check=False).returncode)


main(sys.argv[1])
