# SPDX-License-Identifier: Apache-2.0
"""Every #include agrees with the DEPS in CMake, and each outside library stays in its folders.

usage: check_layers.py ROOT
"""

import graphlib
import os
import re
import sys

import house

# The header of an outside library, and the folders that may know of it.
LIBRARY_FOLDERS = {
    "curl/": {"http"},
    "expat.h": {"devices"},
    "jansson.h": {"agent", "auth", "channel", "oem", "partner"},
    "microhttpd.h": {"agent"},
    "openssl/": {"auth", "devices"},
    "p11-kit/": {"auth"},
    "sqlite3.h": {"store"},
    "uv.h": {"agent", "auth", "http", "store"},
    "yaml.h": {"config"},
}

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([\"<])([^\">]+)[\">]", re.MULTILINE)


def judge(folder, allowed, quote, header):
    """What is wrong with this #include, or None."""
    if quote == "<":
        for library, folders in LIBRARY_FOLDERS.items():
            if header.startswith(library) and folder.split(os.sep)[0] not in folders:
                return f"belongs to {', '.join(sorted(folders))}"
        return None
    target = os.path.dirname(header)
    if not target:
        return "is not written from the root of the repository"
    if target != folder and target not in allowed:
        return f"is not among the DEPS of {folder}"
    return None


def main(root):
    layers = house.read_layers(root)
    problems = []
    try:
        graphlib.TopologicalSorter(layers).prepare()
    except graphlib.CycleError as e:
        problems.append("circle of DEPS: " + " ".join(e.args[1]))
    for path in house.files(root, ".c", ".h"):
        folder = os.path.dirname(path)
        if folder not in layers:
            continue
        text = house.read(root, path)
        for m in INCLUDE.finditer(text):
            wrong = judge(folder, layers[folder], m[1], m[2])
            if wrong:
                line = text.count("\n", 0, m.start()) + 1
                problems.append(f"{path}:{line}: {m[2]} {wrong}")
    if not layers:
        problems.append("no module() found")
    house.end(problems)


main(sys.argv[1])
