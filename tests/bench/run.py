#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures autoreg against the tools that people have, and says which goals are met.

Only ratios are stated: the yardstick runs by turns with the program, so that whatever else the
machine does meets both alike. See README.md in this folder.
"""

import argparse
import base64
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MAKE_LIST = os.path.join(HERE, "..", "tools", "make_list.py")
SLOW_S = 2.0  # a command that takes longer is run fewer times
FAST_ROUNDS, SLOW_ROUNDS = 9, 3
MIB = 1 << 20
EK_BYTES = 256  # hashed on its own as well: the device id is its digest


class Run(NamedTuple):
    """One run of a command, its children included."""
    wall_s: float
    cpu_s: float
    peak_bytes: int


def run_once(command, cores):
    """Runs a command on some processors. It must succeed, or its time means nothing."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL,
                             preexec_fn=lambda: os.sched_setaffinity(0, cores))
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {child.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


class Contestant(NamedTuple):
    command: list
    cores: set
    fresh: str = ""  # a file to remove before each run


def interleaved(contestants, rounds=None):
    """Runs all of them by turns; the runs of each, by name. The first round is not counted: it
    warms the page cache, and tells how many rounds there is time for."""
    runs = {name: [] for name in contestants}
    first = {}

    def turn(name):
        c = contestants[name]
        if c.fresh and os.path.exists(c.fresh):
            os.remove(c.fresh)
        return run_once(c.command, c.cores)

    for name in contestants:
        first[name] = turn(name)
    for i in range(rounds or FAST_ROUNDS):
        for name in contestants:
            if rounds or i < SLOW_ROUNDS or first[name].wall_s < SLOW_S:
                runs[name].append(turn(name))
    return runs


def median(runs, member):
    return statistics.median(getattr(r, member) for r in runs)


def digest(command, cores):
    """What a command writes to its standard output, as a digest."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             preexec_fn=lambda: os.sched_setaffinity(0, cores))
    with child.stdout:
        digest_of = hashlib.file_digest(child.stdout, "sha256").hexdigest()
    if child.wait() != 0:
        sys.exit(f"{' '.join(command)}: exit status {child.returncode}")
    return digest_of


class Board:
    """Prints the results as they come and remembers whether a goal was missed."""

    def __init__(self):
        self.missed = 0

    def row(self, what, value, goal, met):
        self.missed += not met
        print(f"  {'met   ' if met else 'MISSED'}  {what}: {value} (goal: {goal})", flush=True)

    def at_most(self, what, value, goal, unit="x"):
        self.row(what, f"{value:.2f} {unit}", f"at most {goal} {unit}", value <= goal)

    def at_least(self, what, value, goal, unit="x"):
        self.row(what, f"{value:.2f} {unit}", f"at least {goal} {unit}", value >= goal)

    def not_measured(self, what, why):
        print(f"  -       {what}: not measured, {why}", flush=True)

    def tell(self, what, value, unit="x"):
        print(f"  -       {what}: {value:.2f} {unit}", flush=True)

    def title(self, text):
        print(f"\n{text}", flush=True)


def build():
    """Builds what is measured, and our own yardsticks; returns the program."""
    for preset, targets in (("release", ["autoreg"]), ("dev", ["bench_base64", "bench_floor"])):
        for command in (["cmake", "--preset", preset],
                        ["cmake", "--build", os.path.join("build", preset), "--target", *targets]):
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return os.path.join(ROOT, "build", "release", "agent", "autoreg")


def carried_bytes(path):
    """What the first hash of an mmd list says its records take, and the TPM's key once more."""
    with open(path, "rb") as f:
        f.readline()
        total = base64.b64decode(f.readline().split(b",")[3][:8])[2:4]
    return int.from_bytes(total, "little") + EK_BYTES


class Bench:
    def __init__(self, args, folder):
        self.autoreg = os.path.abspath(args.autoreg) if args.autoreg else build()
        self.programs = os.path.join(ROOT, "build", "dev", "tests")
        self.rows = args.rows
        self.folder = folder
        self.board = Board()
        processors = sorted(os.sched_getaffinity(0))
        self.one, self.two = set(processors[:1]), set(processors[:2])

    def path(self, name):
        return os.path.join(self.folder, name)

    def list(self, rows, *options):
        """The path of a list with so many rows, made now unless a former run has left it."""
        path = self.path("-".join(["list", str(rows), *(o.lstrip("-") for o in options)]) + ".csv")
        if not os.path.exists(path):
            subprocess.run([sys.executable, MAKE_LIST, "--rows", str(rows), *options,
                            "-o", path + ".part"], check=True)
            os.rename(path + ".part", path)
        return path

    def mmd(self):
        return self.list(self.rows, "--format", "mmd")

    def convert(self, path, *options, threads=1):
        return [self.autoreg, "convert", "--no-progress", "--threads", str(threads), *options, path]

    # --- the rows of the table -----------------------------------------------------------------

    def reorder(self):
        """CPU of the whole job against that of tools which only move columns, or only read."""
        self.board.title(f"convert --to partner-center, {self.rows} rows, one thread, CPU")
        path = self.mmd()
        columns = "Serial Number,Hardware Hash,Manufacturer,Model"
        peers = {
            "cat": ["cat", path],
            "mlr": ["mlr", "--icsv", "--ocsv", "cut", "-o", "-f", columns, path],
            "csvcut": ["csvcut", "-c", columns, path],
            "python": [sys.executable, os.path.join(HERE, "plain_check.py"), path],
            "floor": [os.path.join(self.programs, "bench_floor"), path,
                      str(os.path.getsize(path) // self.rows), str(carried_bytes(path))],
        }
        goals = {"mlr": ("miller's bare reorder", 3.5), "csvcut": ("csvkit's bare reorder", 22),
                 "python": ("a Python script with equal checks", 30)}
        here = {n: Contestant(c, self.one) for n, c in peers.items() if shutil.which(c[0])}
        runs = interleaved({"autoreg": Contestant(
            self.convert(path, "--to", "partner-center"), self.one), **here})
        mine = median(runs["autoreg"], "cpu_s")
        self.board.at_most("CPU of cat", mine / median(runs["cat"], "cpu_s"), 5.5)
        if "floor" in runs:
            floor = median(runs["floor"], "cpu_s")
            self.board.tell("the floor, reading and SHA-256 alone: CPU of cat",
                            floor / median(runs["cat"], "cpu_s"))
            self.board.tell("CPU of the floor", mine / floor)
        for name, (what, goal) in goals.items():
            if name in runs:
                self.board.at_least(f"less CPU than {what}",
                                    median(runs[name], "cpu_s") / mine, goal)
            else:
                self.board.not_measured(f"less CPU than {what}", f"no {peers[name][0]} here")

    def threads(self):
        self.board.title(f"convert --to partner-center, {self.rows} rows, two processors, wall")
        if len(self.two) < 2:
            self.board.not_measured("two threads against one", "one processor")
            return
        command = {n: self.convert(self.mmd(), "--to", "partner-center", threads=n) for n in (1, 2)}
        runs = interleaved({n: Contestant(c, self.two) for n, c in command.items()})
        self.board.at_least("faster than --threads 1",
                            median(runs[1], "wall_s") / median(runs[2], "wall_s"), 1.7)
        same = digest(command[1], self.two) == digest(command[2], self.two)
        self.board.row("output", "the same" if same else "differs", "the same", same)

    def to_file(self):
        self.board.title(f"convert --to mmd -o FILE, {self.rows} rows, wall against cp")
        path, out, copy = self.mmd(), self.path("out.csv"), self.path("copy.csv")
        options = ("--to", "mmd", "-o", out)
        runs = interleaved({
            "cp": Contestant(["cp", path, copy], self.one, fresh=copy),
            1: Contestant(self.convert(path, *options), self.one, fresh=out),
            2: Contestant(self.convert(path, *options, threads=2), self.two, fresh=out),
        })
        for name in (out, copy):
            os.remove(name)
        copying = median(runs["cp"], "wall_s")
        self.board.at_most("one processor", median(runs[1], "wall_s") / copying, 2.2)
        if len(self.two) == 2:
            self.board.at_most("two processors", median(runs[2], "wall_s") / copying, 1.5)
        else:
            self.board.not_measured("two processors", "one processor")

    def utf16(self):
        self.board.title(f"UTF-16LE input, {self.rows} rows, one thread, CPU")
        wide = self.list(self.rows, "--format", "mmd", "--encoding", "utf-16le")
        runs = interleaved({
            "utf-8": Contestant(self.convert(self.mmd(), "--to", "partner-center"), self.one),
            "utf-16": Contestant(self.convert(wide, "--to", "partner-center"), self.one),
        })
        self.board.at_least("rows a second of the UTF-8 list",
                            median(runs["utf-8"], "cpu_s") / median(runs["utf-16"], "cpu_s"), 0.6)

    def peak(self, command):
        return run_once(command, self.two).peak_bytes

    def memory(self):
        half, whole = 500_000, 1_000_000
        self.board.title(f"peak memory, {whole} rows")
        peaks = []
        for rows in (half, whole):
            path = self.list(rows, "--format", "mmd")
            peaks.append(self.peak(self.convert(path, "--to", "partner-center", threads=2)))
        self.board.at_most("convert", peaks[1] / MIB, 64, "MiB")
        self.board.at_most("each further device", (peaks[1] - peaks[0]) / (whole - half), 48,
                           "bytes")
        path = self.list(1, "--format", "mmd", "--duplicates", str(whole - 1))
        self.board.at_most("check of one device again and again",
                           self.peak([self.autoreg, "check", "-q", path]) / MIB, 20, "MiB")

    def decoders(self):
        self.board.title("base64")
        program = os.path.join(self.programs, "bench_base64")
        if not os.path.exists(program):
            self.board.not_measured("decoders", f"no {program}")
            return
        run = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=False)
        self.board.missed += run.returncode != 0
        print(run.stdout, end="")

    def start(self):
        self.board.title("start")
        runs = interleaved({"true": Contestant(["/bin/true"], self.one),
                            "version": Contestant([self.autoreg, "version"], self.one)}, rounds=101)
        self.board.at_most("version, wall of /bin/true",
                           median(runs["version"], "wall_s") / median(runs["true"], "wall_s"), 3)
        path = self.list(500, "--format", "mmd")
        check = Contestant([self.autoreg, "check", "-q", path], self.two)
        runs = interleaved({"check": check}, rounds=21)["check"]
        self.board.at_most("check of 500 rows, wall", median(runs, "wall_s") * 1000, 30, "ms")


def parse_args():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--autoreg", metavar="PROGRAM", help="default: builds one")
    p.add_argument("--rows", type=int, default=100_000)
    p.add_argument("--big", action="store_true", help="also the memory rows: makes 10 GB of lists")
    p.add_argument("--keep", metavar="DIR",
                   help="make the lists there, and use them again next time")
    p.add_argument("--only", nargs="*", choices=GROUPS, metavar="GROUP",
                   help="some of: " + ", ".join(GROUPS))
    return p.parse_args()


GROUPS = ("reorder", "threads", "to_file", "utf16", "decoders", "start", "memory")


def main():
    args = parse_args()
    groups = args.only or [g for g in GROUPS if args.big or g != "memory"]
    with tempfile.TemporaryDirectory(prefix="autoreg-bench-") as temporary:
        if args.keep:
            os.makedirs(args.keep, exist_ok=True)
        bench = Bench(args, args.keep or temporary)
        for group in groups:
            getattr(bench, group)()
    print(f"\n{bench.board.missed} goals missed" if bench.board.missed else "\nall goals met")
    sys.exit(1 if bench.board.missed else 0)


if __name__ == "__main__":
    main()
