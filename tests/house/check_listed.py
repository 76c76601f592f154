# SPDX-License-Identifier: Apache-2.0
"""Whatever stands in a folder is built: CMake names every source and every test.

usage: check_listed.py ROOT
"""

import os
import re
import sys

import house

# path of a test -> how tests/CMakeLists.txt registers it
TESTS = (
    (re.compile(r"tests/unit/test_(\w+)\.c"), "unit_test"),
    (re.compile(r"tests/unit/(\w+)\.c"), "test_double"),
    (re.compile(r"tests/bench/bench_(\w+)\.c"), "benchmark"),
    (re.compile(r"tests/fuzz/fuzz_(\w+)\.c"), "fuzz_test"),
    (re.compile(r"tests/e2e/test_(\w+)\.py"), "e2e_test"),
    (re.compile(r"tests/packaging/test_(\w+)\.py"), "packaging_test"),
    (re.compile(r"tests/house/check_(\w+)\.py"), "house_test"),
)


def is_listed(root, path):
    folder, name = os.path.split(path)
    top = "tests" if folder.startswith("tests") else folder
    lists = house.read(root, os.path.join(top, "CMakeLists.txt"))
    for pattern, command in TESTS:
        test = pattern.fullmatch(path)
        if test:
            return re.search(rf"^{command}\({test[1]}[\s)]", lists, re.MULTILINE)
    if folder.startswith("tests") or path.endswith(".py"):
        return True  # a helper of tests, or a script: an unused one does no harm
    return re.search(rf"[\s(]{re.escape(name)}[\s)]", lists)


def main(root):
    house.end([
        f"{path}: not in a CMakeLists.txt"
        for path in house.files(root, ".c", ".py")
        if not is_listed(root, path)
    ])


main(sys.argv[1])
