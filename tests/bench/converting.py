# SPDX-License-Identifier: Apache-2.0
"""Reading, checking and rewriting lists, against the tools that people have."""

import base64
import os
import shutil
import subprocess
import sys

from measure import HERE, MIB, Bench, Contestant, digest, interleaved, median, run_once

EK_BYTES = 256  # hashed on its own as well: the device id is its digest


def carried_bytes(path):
    """What the first hash of an mmd list says its records take, and the TPM's key once more."""
    with open(path, "rb") as f:
        f.readline()
        total = base64.b64decode(f.readline().split(b",")[3][:8])[2:4]
    return int.from_bytes(total, "little") + EK_BYTES


class Converting(Bench):
    def convert(self, path, *options, threads=1):
        return [self.autoreg, "convert", "--no-progress", "--threads", str(threads), *options, path]

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
            "floor": [self.program("bench_floor"), path,
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
        program = self.program("bench_base64")
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
