# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: the real program, a folder for each test, lists to give it."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from typing import NamedTuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import make_list  # noqa: E402

PROGRAM = os.path.abspath(os.environ["AUTOREG"])
TIMEOUT_S = 120

# What a person has set for himself must not change what a test sees.
PERSONAL = ("AUTOREG_CONFIG", "CLICOLOR_FORCE", "COLUMNS", "NO_COLOR", "TERM")


def has_terminals():
    try:
        for end in os.openpty():
            os.close(end)
    except OSError:
        return False
    return True


on_a_terminal = unittest.skipUnless(has_terminals(), "no pseudo-terminal can be had here")


class Result(NamedTuple):
    code: int
    out: str
    err: str


def run(args, stdin=None, cwd=None, env=None, stdout=subprocess.PIPE):
    """Runs autoreg. stdin: text (given as UTF-8), bytes, or None for an empty one; env: variables
    to add; stdout: a file that takes it instead, out is then empty. Line ends come as they are."""
    environ = {k: v for k, v in os.environ.items() if k not in PERSONAL}
    environ.update({"LC_ALL": "C.UTF-8", **(env or {})})
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run([PROGRAM, *map(str, args)], input=stdin or b"", stdout=stdout,
                          stderr=subprocess.PIPE, cwd=cwd, env=environ, timeout=TIMEOUT_S,
                          check=False)
    return Result(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


class Case(unittest.TestCase):
    """A test with a folder of its own, which is also where the program runs."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="autoreg-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def autoreg(self, *args, **options):
        return run(args, cwd=self.folder, **options)

    def write(self, name, content):
        """A file in the folder, from text or bytes; returns its name."""
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def write_list(self, name, format_name, devices, **dialect):
        """A list as make_list.list_of() makes it: made-up devices in a producer's format."""
        return self.write(name, make_list.list_of(format_name, devices, **dialect))
