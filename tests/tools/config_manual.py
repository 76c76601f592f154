#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/autoreg.yaml.md, the list of all keys, from the schema on standard input, and the end of
docs/oem-profile.md:

autoreg config schema | tests/tools/config_manual.py > docs/autoreg.yaml.md
autoreg profile schema | tests/tools/config_manual.py profile
"""

import json
import sys

HEAD = """\
# Keys of the configuration file

Made by `tests/tools/config_manual.py` from what `autoreg config schema` prints; do not edit. A file to begin with is
[autoreg.example.yaml](autoreg.example.yaml), the same as `autoreg config init` prints.

- NAME stands for a name of one's own: a to z, 0 to 9, `-` and `_`, beginning with a letter or digit.
- A reference is `{credential: NAME}`, `{file: PATH}` or `{env: NAME}`; the secret itself never stands in the file.
- A key reference is one of these, or `{pkcs11: URI}`, `{tpm2: PATH}` or `{tpm2: "handle:0x81000001"}` of a private key that
  stays where it is ([how](how-to/keys-outside.md)).
- Durations are a number with `ms`, `s`, `m`, `h` or `d` behind it, sizes with `B`, `KiB`, `MiB` or `GiB`.
- Relative paths begin in the folder of the configuration file.
- Keys that begin with `x-` are notes for people. Any other key that is not listed here is an error.
"""

PROFILE_HEAD = """\
## All keys

Made by `tests/tools/config_manual.py profile` from what `autoreg profile schema` prints; do not edit what follows.

- A pointer is a JSON pointer: `/devices/0/status`; `""` is the whole document.
- Durations are a number with `ms`, `s`, `m`, `h` or `d` behind it, sizes with `B`, `KiB`, `MiB` or `GiB`.
- Relative paths begin in the folder of the profile.
- Keys that begin with `x-` are notes for people. Any other key that is not listed here is an error.
"""


def kind(key):
    if "$ref" in key:
        return "reference" if key["$ref"].endswith("/reference") else "key reference"
    if "enum" in key:
        return ", ".join(f"`{word}`" for word in key["enum"])
    if key["type"] == "integer":
        return f"{key['minimum']} to {key['maximum']}" if key["minimum"] < key["maximum"] else str(key["minimum"])
    if "propertyNames" in key:
        return f"at most {key['maxProperties']} names with values"
    if key["type"] == "array" and "properties" in key["items"]:
        return f"list of at most {key['maxItems']}, each with keys"
    if key["type"] == "array":
        words = key["items"].get("enum")
        return f"list of {', '.join(f'`{w}`' for w in words)}" if words else f"list of at most {key['maxItems']}"
    return {"boolean": "true or false", "string": "text", "object": "keys"}[key["type"]]


def default(key, required):
    if required:
        return "required"
    return f"`{json.dumps(key['default']).strip(chr(34))}`" if "default" in key else ""


def keys(section, prefix=""):
    """Of each key: its path, what it takes, its default, what it means."""
    told = []
    for name, key in section["properties"].items():
        inner = key.get("patternProperties", {})
        named = next((s for pattern, s in inner.items() if pattern != "^x-"), None)
        path = f"{prefix}{name}"
        yield path, kind(key), default(key, name in section["required"]), key["description"]
        if named:
            yield from keys(named, f"{path}.NAME.")
        elif "properties" in key.get("items", {}):
            yield from keys(key["items"], f"{path}[].")
        elif "properties" in key and key["properties"] not in told:  # of equal ones the first
            told.append(key["properties"])
            yield from keys(key, f"{path}.")


if __name__ == "__main__":
    print(PROFILE_HEAD if sys.argv[1:] == ["profile"] else HEAD)
    print("| key | takes | default | meaning |\n| --- | --- | --- | --- |")
    for row in keys(json.load(sys.stdin)):
        print(f"| `{row[0]}` | {row[1]} | {row[2]} | {row[3]} |")
