# SPDX-License-Identifier: Apache-2.0
"""Documents lead somewhere, their commands are run, and they show the house as it is.

usage: check_documents.py ROOT
"""

import os
import re
import sys

import house

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
ANCHOR = re.compile(r"<a id=\"([^\"]+)\">")
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STORY = re.compile(r"<!-- story: .*?<!-- end of story -->", re.DOTALL)
PICTURE = re.compile(r"<!-- picture -->\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ALERT = re.compile(r"^ *- alert: (\w+)$", re.MULTILINE)
ALERTS = os.path.join("packaging", "prometheus", "alerts.yml")
OPERATIONS = os.path.join("docs", "operations.md")
ARCHITECTURE = os.path.join("docs", "architecture.md")

# Fences whose content nobody types here: data, pictures, and what the booted container runs.
NOT_TYPED = {"yaml", "json", "text", "sh booted"}
PLAYED_ELSEWHERE = {
    "docs/how-to/keys-outside.md": "tests/e2e/test_signer.py",
    "docs/oem-profile.md": "tests/e2e/test_profile.py",
}


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def anchors(text):
    """What a page can be entered at, as GitHub names it."""
    found = set(ANCHOR.findall(text))
    for heading in HEADING.findall(FENCE.sub("", text)):
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


def judge_links(root, path):
    text = house.read(root, path)
    for link in LINK.findall(without_code(text)):
        if re.match(r"\w+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        if not os.path.exists(os.path.join(root, target)):
            yield f"{path}: {link} is not there"
        elif anchor and anchor not in anchors(house.read(root, target)):
            yield f"{path}: {link} has no such heading"


def judge_fences(root, path):
    if path in PLAYED_ELSEWHERE:
        return
    text = house.read(root, path)
    for language, _ in FENCE.findall(STORY.sub("", text)):
        if language not in NOT_TYPED:
            yield f"{path}: a block of {language or 'no language'} that nobody runs"


def judge_alerts(root):
    alerts = set(ALERT.findall(house.read(root, ALERTS)))
    told = set(re.findall(r"^### (Autoreg\w+)$", house.read(root, OPERATIONS), re.MULTILINE))
    for name in sorted(alerts - told):
        yield f"{OPERATIONS}: {name} has no heading"
    for name in sorted(told - alerts):
        yield f"{OPERATIONS}: {name} is no alert of {ALERTS}"


def judge_pictures(root):
    """Each folder stands in a picture, above all that it includes."""
    layers = house.read_layers(root)
    height = {}
    for picture in reversed(PICTURE.findall(house.read(root, ARCHITECTURE))):
        for line in reversed(picture.splitlines()):
            level = len(set(height.values()))
            for folder in re.findall(r"(?<!\S)([\w/]+)/(?!\S)", line):
                height[folder] = level
    folders = {f for f in layers} | {f.split(os.sep)[0] for f in layers}
    for folder in sorted(folders - set(height)):
        yield f"{ARCHITECTURE}: {folder}/ is not in the picture"
    for folder in sorted(set(height) - folders):
        yield f"{ARCHITECTURE}: {folder}/ is no folder"
    for folder, below in layers.items():
        for other in sorted(below & set(height)):
            # The rooms stand in a picture of their own, and agent/ above all else in the first.
            if folder.partition(os.sep)[0] != other.partition(os.sep)[0] and os.sep in folder:
                continue
            if folder in height and height[other] >= height[folder]:
                yield f"{ARCHITECTURE}: {folder}/ includes {other}/, which is not below it"


def main(root):
    problems = []
    for path in house.files(root, ".md"):
        problems += judge_links(root, path)
        if path.startswith("docs" + os.sep):
            problems += judge_fences(root, path)
    problems += judge_alerts(root)
    problems += judge_pictures(root)
    house.end(problems)


main(sys.argv[1])
