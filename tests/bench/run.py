#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures autoreg against the tools that people have, and says which goals are met.

Ratios are stated wherever there is a yardstick: it runs by turns with the program, so that whatever
else the machine does meets both alike. See README.md in this folder.
"""

import argparse
import os
import sys
import tempfile

from converting import Converting
from measure import Board, build
from packing import Packing
from sending import Sending
from standing import Standing

# name of a group -> who measures it, and whether only --big does
GROUPS = {
    "reorder": (Converting, False),
    "threads": (Converting, False),
    "to_file": (Converting, False),
    "utf16": (Converting, False),
    "decoders": (Converting, False),
    "start": (Converting, False),
    "memory": (Converting, True),
    "store": (Sending, False),
    "gate": (Sending, False),
    "units": (Sending, False),
    "body": (Sending, False),
    "upload": (Sending, False),
    "handshake": (Sending, False),
    "accepted": (Sending, False),
    "connections": (Sending, False),
    "line": (Sending, False),
    "polls": (Sending, False),
    "lines": (Packing, False),
    "boxes": (Packing, False),
    "idle": (Standing, False),
    "queue": (Standing, False),
}


def parse_args():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--trees", metavar="DIR",
                   help="where the trees release and dev are; default: builds them")
    p.add_argument("--rows", type=int, default=100_000)
    p.add_argument("--big", action="store_true",
                   help="a million devices where memory counts: makes 10 GB of lists")
    p.add_argument("--keep", metavar="DIR",
                   help="make the lists there, and use them again next time")
    p.add_argument("--only", nargs="*", choices=GROUPS, metavar="GROUP",
                   help="some of: " + ", ".join(GROUPS))
    return p.parse_args()


def main():
    args = parse_args()
    groups = args.only or [g for g, (_, big) in GROUPS.items() if args.big or not big]
    trees = os.path.abspath(args.trees) if args.trees else build()
    board = Board()
    with tempfile.TemporaryDirectory(prefix="autoreg-bench-") as temporary:
        if args.keep:
            os.makedirs(args.keep, exist_ok=True)
        for group in groups:
            measure = GROUPS[group][0](args, trees, args.keep or temporary, board)
            getattr(measure, group)()
    print(f"\n{board.missed} goals missed" if board.missed else "\nall goals met")
    sys.exit(1 if board.missed else 0)


if __name__ == "__main__":
    main()
