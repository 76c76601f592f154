#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The generated parts of the manual pages in docs/man/: what stands between "; made: NAME" and "; made".

    AUTOREG=… MANUAL_TABLES=… manual.py      writes the parts into the pages as they are now
"""

import json
import os
import pathlib
import re
import subprocess

import config_manual

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ROOT / "docs" / "man"
SIMULATOR = ROOT / "tests" / "simulator" / "README.md"
PART = re.compile(r"^; made: (?P<name>\w+)\n.*?^; made$", re.MULTILINE | re.DOTALL)
ITEM = re.compile(r"  (?P<term>\S+(?: \S+)*)(?:  +(?P<text>\S.*))?")


# --- scdoc ---


def plain(text):
    """Text in which nothing is a mark of scdoc."""
    return re.sub(r"^([#\-.'|\[\];!])", r"\\\1", re.sub(r"([\\*_`+])", r"\\\1", text))


def code(text):
    """Words as one types them."""
    return f"*{plain(text)}*"


def item(term, *texts):
    """A term, and paragraphs below it."""
    return f"{term}\n" + "\n\n".join(f"\t{t}" for t in texts if t) + "\n"


def literal(text):
    return f"```\n{text.rstrip()}\n```\n"


def operands(text):
    """LIST... and such, as a synopsis shows them."""
    return re.sub(r"[A-Z][A-Z0-9-]*", lambda m: f"_{m[0]}_", plain(text))


def marked(text):
    """Prose of Markdown: code becomes bold."""
    parts = re.split(r"`([^`]*)`", text)
    return "".join(code(p) if i % 2 else plain(p) for i, p in enumerate(parts))


def prose(text):
    """A description of the program's help: paragraphs, and items behind two blanks."""
    out = []
    for paragraph in text.strip("\n").split("\n\n"):
        lines = paragraph.split("\n")
        while lines:
            found = ITEM.fullmatch(lines[0])
            if not found:
                words = []
                while lines and not lines[0].startswith("  "):
                    words.append(lines.pop(0))
                out.append(plain(" ".join(words)) + "\n")
                continue
            lines.pop(0)
            words = [found["text"] or ""]
            while lines and lines[0].startswith("   "):
                words.append(lines.pop(0).strip())
            out.append(item(code(found["term"]), plain(" ".join(words).strip())))
    return "\n".join(out)


# --- the parts ---


def option(def_):
    value = f" _{def_['value']}_" if def_["value"] else ""
    if def_["value"] and not re.fullmatch(r"[A-Z][A-Z-]*", def_["value"]):
        value = f" {plain(def_['value'])}"
    letter = f"*-{def_['letter']}*, " if def_["letter"] else ""
    return item(f"{letter}*--{def_['name']}*{value}", plain(def_["help"].replace("\n", " ")))


def command(c):
    out = [f"## autoreg {c['name']}\n", f"*autoreg {c['name']}* [_OPTION_]... {operands(c['operands'])}".rstrip() + "\n",
           plain(c["summary"][0].upper() + c["summary"][1:]) + ".\n", prose(c["description"])]
    out += [option(o) for o in c["options"]]
    codes = "; ".join(f"*{e['code']}* {plain(e['meaning'])}" for e in c["exits"])
    out += [f"Exit status: {codes}.\n", literal(c["examples"])]
    return "\n".join(out)


def finding(f):
    paragraphs = [p.replace("\n", " ") for p in f["explain"].strip().split("\n\n")]
    return item(f"{code(f['code'])} ({f['severity']}): {plain(f['title'])}", plain(f["advice"]),
                *(plain(p) for p in paragraphs))


def written(w):
    most = f"At most {w['rows']} devices a file." if w["rows"] else "Any number of devices."
    return item(code(w["name"]), plain(w["header"].strip()), most)


def key(path, takes, default, meaning):
    texts = [marked(meaning)]
    if takes not in ("text", "keys"):
        texts.append(f"Takes {marked(takes)}.")
    if default:
        texts.append("Required." if default == "required" else f"Default: {marked(default)}.")
    return item(code(path), " ".join(texts))


def simulator_parts():
    """The scenario and the tables of the simulator's README."""
    text = SIMULATOR.read_text(encoding="utf-8")
    (scenario,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    tables = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [re.split(r" *\| *", line.strip("| ")) for line in table.splitlines()[2:]]
        tables.append("\n".join(item(marked(row[0]), marked(row[1])) for row in rows))
    calls, control, violations = tables
    return {"scenario": literal(scenario), "calls": calls, "control": control,
            "violations": violations}


def parts(tables, schema):
    """name -> scdoc"""
    return {
        "options": "\n".join(map(option, tables["global"])),
        "commands": "\n".join(map(command, tables["commands"])),
        "findings": "\n".join(map(finding, tables["findings"])),
        "written": "\n".join(map(written, tables["written"])),
        "keys": "\n".join(key(*k) for k in config_manual.keys(schema)),
        **simulator_parts(),
    }


def read_tables():
    """What manual_tables prints."""
    return json.loads(subprocess.run([os.environ["MANUAL_TABLES"]], capture_output=True, check=True).stdout)


def read_schema():
    return json.loads(subprocess.run([os.environ["AUTOREG"], "config", "schema"], capture_output=True,
                                     check=True).stdout)


def with_parts(page, made):
    """The page, each generated part as it is now."""
    return PART.sub(lambda m: f"; made: {m['name']}\n{made[m['name']].rstrip()}\n\n; made", page)


if __name__ == "__main__":
    now = parts(read_tables(), read_schema())
    for path in sorted(PAGES.glob("*.scd")):
        path.write_text(with_parts(path.read_text(encoding="utf-8"), now), encoding="utf-8")
