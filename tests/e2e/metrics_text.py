# SPDX-License-Identifier: Apache-2.0
"""Reads a page of metrics, and is as strict as a reader may be: everything odd is an error.

As a program it reads an OpenMetrics page and writes the table of docs/metrics.md:

    curl -H 'Accept: application/openmetrics-text' localhost:9417/metrics | python3 metrics_text.py
"""

import collections
import math
import re
import sys

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(r"(" + NAME.pattern + r")(?:\{(.*)\})? (\S+)")
SUFFIXES = {"gauge": {""}, "info": {"_info"}, "histogram": {"_bucket", "_sum", "_count"}}

Family = collections.namedtuple("Family", "name kind help samples")
Sample = collections.namedtuple("Sample", "name labels value")


def read_labels(text):
    labels, rest = {}, text
    while rest:
        m = LABEL.match(rest)
        if not m or m[1] in labels:
            raise ValueError(f"no label, or the same twice: {text}")
        labels[m[1]] = re.sub(r"\\(.)", lambda e: "\n" if e[1] == "n" else e[1], m[2])
        rest = rest[m.end():]
        if rest:
            if not rest.startswith(",") or rest == ",":
                raise ValueError(f"what follows a label: {text}")
            rest = rest[1:]
    return labels


def read_sample(line):
    m = SAMPLE.fullmatch(line)
    if not m:
        raise ValueError(f"no sample: {line!r}")
    return Sample(m[1], read_labels(m[2] or ""), float(m[3]))


def buckets(family):
    """Those of each histogram of the family: (labels without le) -> [(bound, count), …]."""
    found = collections.defaultdict(list)
    for s in family.samples:
        if s.name.endswith("_bucket"):
            key = frozenset((k, v) for k, v in s.labels.items() if k != "le")
            found[key].append((float(s.labels["le"]), s.value))
    return found


def check_histogram(family):
    values = {(s.name, frozenset(s.labels.items())): s.value for s in family.samples}
    for labels, bounds in buckets(family).items():
        if bounds != sorted(bounds) or len({b for b, _ in bounds}) != len(bounds):
            raise ValueError(f"{family.name}: bounds that do not rise")
        if [n for _, n in bounds] != sorted(n for _, n in bounds):
            raise ValueError(f"{family.name}: buckets that do not grow")
        if bounds[-1] != (math.inf, values[f"{family.name}_count", labels]):
            raise ValueError(f"{family.name}: +Inf is not its count")
        if f"{family.name}_sum" not in {n for n, k in values if k == labels}:
            raise ValueError(f"{family.name}: no sum")


def check_family(family, open_metrics):
    counter = {"_total"} if open_metrics else {""}
    allowed = {**SUFFIXES, "counter": counter}[family.kind]
    for s in family.samples:
        if not s.name.startswith(family.name) or s.name[len(family.name):] not in allowed:
            raise ValueError(f"{s.name} in the family {family.name}")
        if s.value < 0 or not math.isfinite(s.value):
            raise ValueError(f"{s.name} is {s.value}")
    seen = [(s.name, frozenset(s.labels.items())) for s in family.samples]
    if len(set(seen)) != len(seen):
        raise ValueError(f"{family.name}: a sample is there twice")
    if len({frozenset(s.labels) for s in family.samples if not s.name.endswith("_bucket")}) > 1:
        raise ValueError(f"{family.name}: samples with different labels")
    if family.kind == "histogram":
        check_histogram(family)


def parse(text, open_metrics=False):
    """The families by name, in their order. Raises ValueError."""
    families, current = {}, None
    lines = text.split("\n")
    if lines.pop() != "":
        raise ValueError("the last line has no end")
    if open_metrics and lines.pop() != "# EOF":
        raise ValueError("no # EOF")
    pending = None
    for line in lines:
        if line.startswith("# HELP "):
            name, _, what = line[len("# HELP "):].partition(" ")
            pending = (name, what)
        elif line.startswith("# TYPE "):
            name, _, kind = line[len("# TYPE "):].partition(" ")
            if not pending or pending[0] != name or name in families or not pending[1]:
                raise ValueError(f"TYPE without its HELP, or twice: {name}")
            current = families[name] = Family(name, kind, pending[1], [])
            pending = None
        elif line.startswith("#") or not current:
            raise ValueError(f"what is this: {line!r}")
        else:
            current.samples.append(read_sample(line))
    for family in families.values():
        check_family(family, open_metrics)
    return families


def samples(families):
    """name{label="…"} -> value"""
    found = {}
    for family in families.values():
        for s in family.samples:
            labels = ",".join(f'{k}="{v}"' for k, v in s.labels.items())
            found[s.name + (f"{{{labels}}}" if labels else "")] = s.value
    return found


def names(families):
    """Of all samples, as an expression of Prometheus would say them."""
    return {s.name for family in families.values() for s in family.samples}


# Labels whose values are words of the program; those of the others are names of the configuration.
WORDS = {"api", "code", "kind", "path", "reason", "result", "state"}


def label_text(family, label):
    values = []
    for s in family.samples:
        if label in s.labels and s.labels[label] not in values:
            values.append(s.labels[label])
    if label not in WORDS and not (label == "version" and family.kind == "counter"):
        return f"`{label}`"
    return f"`{label}`: " + ", ".join(f"`{v}`" for v in values)


def table(families):
    """Markdown, from a page in OpenMetrics whose families have samples."""
    rows = ["| metric | type | labels | meaning |", "| --- | --- | --- | --- |"]
    for family in families.values():
        ending = {"counter": "_total", "info": "_info"}.get(family.kind, "")
        labels = [k for k in family.samples[0].labels if k != "le"]
        texts = "; ".join(label_text(family, k) for k in labels)
        rows.append(f"| `{family.name}{ending}` | {family.kind} | {texts} | {family.help} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(parse(sys.stdin.read(), open_metrics=True)))
