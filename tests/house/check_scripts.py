# SPDX-License-Identifier: Apache-2.0
"""shellcheck has nothing to say about our shell scripts.

usage: check_scripts.py ROOT
"""

import os
import shutil
import subprocess
import sys

import house


def main(root):
    if not shutil.which("shellcheck"):
        house.skip("no shellcheck")
    paths = [os.path.join(root, f) for f in house.files(root, ".sh", "bootstrap", ".ci/run")]
    sys.exit(subprocess.run(["shellcheck", *paths], check=False).returncode)


main(sys.argv[1])
