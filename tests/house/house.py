# SPDX-License-Identifier: Apache-2.0
"""What all house checks share: the files that are ours, C without comments, how a check ends."""

import os
import re
import sys

SKIPPED = 77  # CTest: SKIP_RETURN_CODE

# Made by builds or by git, or data whose every byte means something.
NOT_OURS = {".git", "build", "__pycache__", "tests/data", "tests/fuzz/corpus"}

C_TOKENS = re.compile(
    r"/\*.*?\*/|//[^\n]*"  # comments
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",  # literals
    re.DOTALL,
)

MODULE = re.compile(r"^module\((\w+)\s([^)]*)\)", re.MULTILINE)


def files(root, *suffixes):
    """Paths of our files relative to root, sorted; all of them without a suffix."""
    found = []
    for folder, subfolders, names in os.walk(root):
        here = os.path.relpath(folder, root)
        subfolders[:] = [
            s for s in subfolders
            if s not in NOT_OURS and os.path.normpath(os.path.join(here, s)) not in NOT_OURS
        ]
        found += [os.path.normpath(os.path.join(here, n)) for n in names]
    return sorted(f for f in found if not suffixes or f.endswith(suffixes))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


def folder_of(module):
    """agent_sending -> agent/sending"""
    return module.replace("_", os.sep)


def read_layers(root):
    """folder -> the folders it may include, as its CMakeLists.txt says."""
    layers = {}
    for path in files(root, "/CMakeLists.txt"):
        for name, body in MODULE.findall(read(root, path)):
            deps = body.partition("DEPS")[2].split()
            layers[folder_of(name)] = {folder_of(d) for d in deps if "::" not in d}
    return layers


def without_comments(text):
    """C source with its comments and literals blanked; lines keep their numbers."""
    return C_TOKENS.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def end(problems):
    """Prints what was found and ends the check."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)
