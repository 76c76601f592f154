#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of README.md, and what they print.

    readme_outputs.py README          prints README with the outputs as they are now
"""

import os
import pathlib
import re
import subprocess
import sys

LISTS = pathlib.Path(__file__).resolve().parent.parent / "data" / "lists"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BLOCK = re.compile(r"^```console\n\$ (?P<command>[^\n]*)\n(?P<output>.*?)^```$", re.MULTILINE | re.DOTALL)


# Those are told, and proven, by tests/e2e/test_stories.py.
STORY = re.compile(r"(<!-- story: .*?<!-- end of story -->)", re.DOTALL)


def blocks(text):
    """The blocks that are not part of a story."""
    return BLOCK.finditer(STORY.sub("", text))


def output_of(command, program):
    """What a person sees who types the command in the folder of the sample lists. Ids, which are
    others each time, become an ellipsis."""
    path = os.path.dirname(program) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(["sh", "-c", command], cwd=LISTS, env={**os.environ, "PATH": path},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False)
    return GUID.sub("…", done.stdout.decode())


def with_outputs(text, program):
    """The text, each block's output replaced by the real one."""
    def real(block):
        return f"```console\n$ {block['command']}\n{output_of(block['command'], program)}```"

    parts = STORY.split(text)
    parts[::2] = [BLOCK.sub(real, part) for part in parts[::2]]
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(with_outputs(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"),
                                  os.path.abspath(os.environ["AUTOREG"])))
