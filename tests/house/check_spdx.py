# SPDX-License-Identifier: Apache-2.0
"""Every source file names its licence in its first two lines.

usage: check_spdx.py ROOT
"""

import sys

import house

SUFFIXES = (".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", ".clang-format", ".clang-tidy",
            "bootstrap", ".ci/run", "packaging/build-deb", "packaging/build-rpm",
            "packaging/check-reproducible", "debian/rules", ".postinst", ".postrm", ".prerm",
            "_install", "_uninstall")
LICENCE = "SPDX-License-Identifier: Apache-2.0"


def main(root):
    house.end([
        f"{path}: no line \"{LICENCE}\""
        for path in house.files(root, *SUFFIXES)
        if not any(LICENCE in line for line in house.read(root, path).split("\n")[:2])
    ])


main(sys.argv[1])
