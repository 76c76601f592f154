# SPDX-License-Identifier: Apache-2.0
"""A page of the documentation that is played.

A story stands between `<!-- story: NAME -->` and `<!-- end of story -->`. Its console blocks are typed
one after the other; `<!-- file NAME -->` before a block writes it into the reader's folder. What the
reader is only told of stands in comments between them, a line each.
"""

import re

REGION = re.compile(r"<!-- story: (?P<name>\w+) -->\n(?P<text>.*?)<!-- end of story -->", re.DOTALL)
STEP = re.compile(r"^<!-- file (?P<file>\S+) -->\n```\w*\n(?P<content>.*?)^```$|"
                  r"^<!-- (?P<meanwhile>(?:(?!-->).)*) -->$|^```console\n(?P<block>.*?)^```$",
                  re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^\$ (?P<command>(?:[^\n]*\\\n)*[^\n]*)\n", re.MULTILINE)


def play(text, reader, meanwhile):
    """The text of a story with the outputs as they are; meanwhile(word, argument...) does what happens
    between its blocks."""
    def step(match):
        if match["file"]:
            reader.write(match["file"], match["content"])
            return match[0]
        if match["block"] is not None:
            typed = TYPED.finditer(match["block"])
            shown = "".join(f"$ {m['command']}\n{reader.type(m['command'])}" for m in typed)
            return f"```console\n{shown}```"
        for line in match["meanwhile"].splitlines():
            meanwhile(*line.split())
        return match[0]

    return STEP.sub(step, text)
