# SPDX-License-Identifier: Apache-2.0
"""How things are measured: by turns, as medians, told on a board."""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MAKE_LIST = os.path.join(HERE, "..", "tools", "make_list.py")
SLOW_S = 2.0  # a command that takes longer is run fewer times
FAST_ROUNDS, SLOW_ROUNDS = 9, 3
MIB = 1 << 20
RELEASE_TARGETS = ("autoreg", "autoreg-simulator")
DEV_TARGETS = ("bench_base64", "bench_body", "bench_floor", "bench_gate", "bench_line", "bench_store",
               "bench_units", "bench_upload")


class Run(NamedTuple):
    """One run of a command, its children included."""
    wall_s: float
    cpu_s: float
    peak_bytes: int


def run_once(command, cores, code=0):
    """Runs a command on some processors. It must end as it should, or its time means nothing."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL,
                             preexec_fn=lambda: os.sched_setaffinity(0, cores))
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != code:
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


def answer_of(command, cores):
    """The JSON that a benchmark of ours prints."""
    return json.loads(subprocess.check_output(
        command, preexec_fn=lambda: os.sched_setaffinity(0, cores)))


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
    """Builds what is measured, and our own yardsticks; returns the folder of both trees."""
    for preset, targets in (("release", RELEASE_TARGETS), ("dev", DEV_TARGETS)):
        for command in (["cmake", "--preset", preset],
                        ["cmake", "--build", os.path.join("build", preset), "--target", *targets]):
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return os.path.join(ROOT, "build")


class Bench:
    """What all groups share. trees: the folder of the build trees; big: take the time for a
    million devices where fewer would do."""

    def __init__(self, args, trees, folder, board):
        self.autoreg = os.path.join(trees, "release", "agent", "autoreg")
        self.simulator = os.path.join(trees, "release", "agent", "autoreg-simulator")
        self.programs = os.path.join(trees, "dev", "tests")
        self.big = args.big
        self.rows = args.rows
        self.folder = folder
        self.board = board
        processors = sorted(os.sched_getaffinity(0))
        self.one, self.two = set(processors[:1]), set(processors[:2])

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, name):
        return os.path.join(self.programs, name)

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
