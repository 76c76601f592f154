#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""autoreg convert when something is in the way: what it says, and what it leaves behind."""

import json
import os
import resource
import signal
import subprocess
import unittest

import harness
from make_list import device, list_of

TUPLES = "mmd-partner-old"
HEADER = "Manufacturer,Model,Serial Number\r\n"


def tuple_only(n, **changes):
    return device(n)._replace(hash="", product_id="", tag="", **changes)


def line(n):
    d = tuple_only(n)
    return f"{d.manufacturer},{d.model},{d.serial}\r\n"


class ErrorCase(harness.Case):
    """a.csv is a good list, mixed.csv has one bad row, bad.csv nothing else."""

    def setUp(self):
        super().setUp()
        self.write_list("a.csv", TUPLES, [tuple_only(1), tuple_only(2)])
        self.write_list("mixed.csv", TUPLES, [tuple_only(1), tuple_only(2, model="")])
        self.write_list("bad.csv", TUPLES, [tuple_only(1, model="")])
        self.given = {p.name: p.read_bytes() for p in self.folder.iterdir()}

    def convert(self, *args, code, says="", to="tuples", **options):
        result = self.autoreg("convert", "--to", to, *args, **options)
        self.assertEqual(result.code, code, result.err)
        self.assertIn(says, result.err)
        return result

    def give(self, name, text):
        self.write(name, text)
        self.given[name] = text.encode()

    def assert_left(self, **more):
        """Nothing was changed in the folder, but that these files came or were written."""
        want = {**self.given, **{k.replace("_", "."): v for k, v in more.items()}}
        got = {p.name: p.read_bytes() if p.is_file() else None for p in self.folder.iterdir()}
        self.assertEqual(sorted(got), sorted(want))
        for name, content in want.items():
            if content is not None:
                self.assertEqual(got[name], content, name)


class InTheWay(ErrorCase):
    """What stands where something is to be written."""

    def test_output_is_an_input(self):
        os.link(self.folder / "a.csv", self.folder / "hard.csv")
        os.symlink("a.csv", self.folder / "soft.csv")
        self.given.update({"hard.csv": None, "soft.csv": None})
        for option in ("-o", "--rejects"):
            for name in ("a.csv", "./a.csv", self.folder / "a.csv", "hard.csv", "soft.csv"):
                with self.subTest(option=option, name=name):
                    self.convert(option, name, "mixed.csv", "a.csv", code=2, says="to read")
                    self.assert_left()

    def test_unfinished_output_is_an_input(self):
        """It has the name that the output would have while it is made."""
        self.give("out.csv.part", list_of(TUPLES, [tuple_only(1)]).decode())
        for option in ("-o", "--rejects"):
            with self.subTest(option):
                self.convert(option, "out.csv", "out.csv.part", code=1, says="out.csv.part")
                self.assert_left()

    def test_unfinished_files_of_another_run(self):
        for name in ("out.csv.part", "rejects.csv.part"):
            with self.subTest(name):
                self.give(name, "theirs")
                self.convert("-o", "out.csv", "--rejects", "rejects.csv", "mixed.csv", code=1,
                             says=name)
                self.assert_left()
                (self.folder / name).unlink()
                del self.given[name]

    def test_output_and_rejects_are_one_file(self):
        self.convert("-o", "x.csv", "--rejects", "x.csv", "mixed.csv", code=2, says="--rejects")
        self.assert_left()
        self.convert("-o", "x.csv", "--rejects", "./x.csv", "mixed.csv", code=1, says="x.csv")
        self.assert_left()

    def test_folders(self):
        for name in ("d", "e"):
            (self.folder / name).mkdir()
            self.given[name] = None
        self.convert("-o", "d", "--rejects", "r.csv", "mixed.csv", code=1, says="d: Is a directory")
        self.assert_left()
        self.convert("-o", "o.csv", "--rejects", "e", "mixed.csv", code=1,
                     says="e: Is a directory")
        self.assert_left()

    def test_no_such_folder(self):
        self.convert("-o", "no/o.csv", "--rejects", "r.csv", "mixed.csv", code=1, says="no/o.csv")
        self.convert("-o", "o.csv", "--rejects", "no/r.csv", "mixed.csv", code=1, says="no/r.csv")
        result = self.convert("--rejects", "no/r.csv", "mixed.csv", code=1, says="no/r.csv")
        self.assertEqual(result.out, "")
        self.assert_left()

    def test_stale_parts(self):
        self.give("out-001.csv", "old")
        self.convert("-o", "out.csv", "--rejects", "r.csv", "mixed.csv", code=1,
                     says="out-001.csv", to="partner-center")
        self.assert_left()

    def test_former_file_and_several_parts(self):
        self.given["many.csv"] = list_of(TUPLES, [tuple_only(n) for n in range(1001)])
        self.write("many.csv", self.given["many.csv"])
        self.give("out.csv", "old")
        self.convert("-o", "out.csv", "--rejects", "r.csv", "many.csv", code=1, says="out.csv",
                     to="partner-center")
        self.assert_left()

    def test_for_programs(self):
        self.give("out.csv.part", "theirs")
        for args, code in ((["-o", "out.csv"], "exists"), (["-o", "no/out.csv"], "io")):
            with self.subTest(code):
                result = self.convert("--json", *args, "a.csv", code=1)
                error = json.loads(result.out)["error"]
                self.assertEqual(error["code"], code)
                self.assertIn(args[1], error["message"])
                self.assertTrue(error["advice"])
                self.assert_left()


class NothingUsable(ErrorCase):
    def test_no_output(self):
        self.give("out.csv", "old")
        self.convert("-o", "out.csv", "bad.csv", code=1)
        self.assert_left()
        self.assertEqual(self.convert("bad.csv", code=1).out, "")

    def test_rejects_are_there(self):
        self.convert("-o", "out.csv", "--rejects", "r.csv", "bad.csv", code=1)
        rows = (self.folder / "r.csv").read_text("utf-8-sig").splitlines()
        self.assertEqual(len(rows), 2)
        self.assertEqual((self.folder / "r.csv").stat().st_mode & 0o777, 0o600)
        self.assertFalse((self.folder / "out.csv").exists())

    def test_standard_output_in_a_file(self):
        with open(self.folder / "o.csv", "wb") as out:
            self.convert("bad.csv", code=1, stdout=out)
        self.assert_left(o_csv=b"")


class Streams(ErrorCase):
    def run_with(self, *args, **options):
        """With streams that harness.run() cannot give."""
        environ = {"LC_ALL": "C.UTF-8", **os.environ}
        return subprocess.run([harness.PROGRAM, "convert", "--to", "tuples", *args], check=False,
                              cwd=self.folder, env=environ, timeout=harness.TIMEOUT_S,
                              stdin=subprocess.DEVNULL, **options)

    def test_everything_in_one_file(self):
        """As with "> log 2>&1": neither writes over the other."""
        for mode in ("wb", "ab"):
            with self.subTest(mode):
                with open(self.folder / "log", mode) as log:
                    done = self.run_with("mixed.csv", stdout=log, stderr=log)
                self.assertEqual(done.returncode, 3)
                text = (self.folder / "log").read_bytes().decode()
                self.assertEqual(text.count(HEADER + line(1)), 1)
                self.assertTrue(text.startswith("mixed.csv:3: error: "), text)
                self.assertIn("\nlist ", text)
                (self.folder / "log").unlink()

    def test_behind_other_text(self):
        with open(self.folder / "log", "wb") as log:
            for name in ("a.csv", "bad.csv", "a.csv"):
                self.run_with("-q", name, stdout=log, stderr=subprocess.DEVNULL)
        self.assert_left(log=(HEADER + line(1) + line(2)).encode() * 2)

    def test_name_of_standard_output(self):
        """As /dev/stdout: what it leads to is written, and the name stays what it is."""
        os.symlink("/proc/self/fd/1", self.folder / "link")
        with open(self.folder / "o.csv", "wb") as out:
            done = self.run_with("-o", "link", "a.csv", stdout=out, stderr=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0)
        self.assertTrue((self.folder / "link").is_symlink())
        self.assertEqual((self.folder / "o.csv").read_bytes().decode(),
                         HEADER + line(1) + line(2))

    def test_pipe_with_a_name(self):
        """Whoever reads it gets all, and it is not replaced by a file."""
        for option in ("-o", "--rejects"):
            with self.subTest(option):
                fifo = self.folder / "fifo"
                os.mkfifo(fifo)
                reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
                done = self.run_with(option, "fifo", "mixed.csv", stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL)
                self.assertTrue(fifo.is_fifo())
                got = os.read(reader, 65536)
                os.close(reader)
                fifo.unlink()
                self.assertEqual(done.returncode, 3)
                if option == "-o":
                    self.assertEqual(got.decode(), HEADER + line(1))
                else:
                    self.assertIn(b'"mixed.csv",3,', got)
                    self.assertEqual(done.stdout.decode(), HEADER + line(1))
                self.assert_left()

    def test_reader_that_went_away(self):
        end, begin = os.pipe()
        os.close(end)
        with os.fdopen(begin, "wb") as out:
            self.convert("a.csv", code=1, says="Broken pipe", stdout=out)

    def test_full_device(self):
        with open("/dev/full", "wb") as out:
            self.convert("a.csv", code=1, says="No space left", stdout=out)


class FullDisk(ErrorCase):
    """Files cannot grow beyond a limit; what was written by then goes away again."""

    def convert_within(self, limit, *args, stdout=subprocess.PIPE):
        def prepare():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = subprocess.run([harness.PROGRAM, "convert", "--to", "mmd", *args], check=False,
                              cwd=self.folder, preexec_fn=prepare, timeout=harness.TIMEOUT_S,
                              stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"File too large", done.stderr)

    def setUp(self):
        super().setUp()
        devices = [device(n) for n in range(20)]
        cut = [d._replace(hash=d.hash[:1000]) for d in devices]
        for name, rows in (("good.csv", devices), ("cut.csv", [*devices[:1], *cut[1:]])):
            self.given[name] = list_of("mmd", rows)
            self.write(name, self.given[name])

    def test_output(self):
        for limit in (10, 5000):
            with self.subTest(limit):
                self.give("out.csv", "old")
                self.convert_within(limit, "-o", "out.csv", "good.csv")
                self.assert_left()

    def test_rejects(self):
        self.give("r.csv", "old")
        for limit in (10, 5000):
            with self.subTest(limit):
                self.convert_within(limit, "--rejects", "r.csv", "cut.csv")
                self.assert_left()

    def test_standard_output(self):
        with open(self.folder / "o.csv", "wb") as out:
            self.convert_within(5000, "good.csv", stdout=out)
        self.assert_left(o_csv=b"")


class Interrupt(ErrorCase):
    """Somebody presses Ctrl-C: what was half made goes, and nothing takes its place."""

    def test_signals(self):
        block = list_of("mmd", [device(n) for n in range(100)])
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                # One thread: of several, another one could be done before the signal is handled.
                with subprocess.Popen([harness.PROGRAM, "convert", "--to", "mmd", "-o", "out.csv",
                                       "--rejects", "r.csv", "--threads=1", "-"], cwd=self.folder,
                                      stdin=subprocess.PIPE, stderr=subprocess.PIPE) as program:
                    # More than a pipe holds: when it is gone, the program is in the midst of it.
                    program.stdin.write(block)
                    program.stdin.flush()
                    program.send_signal(number)
                    program.stdin.close()
                    told = program.stderr.read()
                    self.assertEqual(program.wait(timeout=harness.TIMEOUT_S), 130, told)
                self.assertIn(b"autoreg: interrupted\n", told)
                self.assert_left()


if __name__ == "__main__":
    unittest.main()
