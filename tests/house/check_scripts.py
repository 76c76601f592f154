# SPDX-License-Identifier: Apache-2.0
"""shellcheck has nothing to say about our shell scripts.

usage: check_scripts.py ROOT
"""

import shutil
import subprocess
import sys

import house

SUFFIXES = (".sh", "bootstrap", ".ci/run", "packaging/build-deb", "packaging/build-rpm",
            "packaging/check-reproducible", ".postinst", ".postrm", ".prerm", "_install",
            "_uninstall")


def main(root):
    if not shutil.which("shellcheck"):
        house.skip("no shellcheck")
    # From the root, where "shellcheck source=" is looked for.
    run = subprocess.run(["shellcheck", *house.files(root, *SUFFIXES)], cwd=root, check=False)
    sys.exit(run.returncode)


main(sys.argv[1])
