#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""autoreg check on what nobody should send: it says so, in time, and without more memory."""

import json
import os
import random
import re
import resource
import struct
import subprocess
import tempfile
import unittest
import zlib

import harness
import make_samples
from make_list import (Device, device, list_bytes, list_of, oa3_report, text_bytes)

SECONDS = 60
# Sanitizers reserve terabytes of addresses for themselves.
ADDRESSES = None if os.environ.get("AUTOREG_SANITIZED") else 512 << 20
NOBODY = 65534
TUPLES = "mmd-partner-old"
HEADING = b"Manufacturer,Model,Serial Number\r\n"


def tuples(count):
    return [Device(f"TEST{n:08d}", "", "", "Contoso", "Contoso Book 14") for n in range(count)]


def megabytes(n, piece):
    return piece * ((n << 20) // len(piece) + 1)


def rows_with(cells, count=3):
    """A good list with one row of these cells in its middle."""
    rows = [[d.manufacturer, d.model, d.serial] for d in tuples(count)]
    rows.insert(1, cells)
    return HEADING + list_bytes(rows)


def unclosed_in_50_megabytes():
    good = list_of("mmd", [device(n) for n in range(500)])
    heading, rows = good[:good.index(b"\n") + 1], good[good.index(b"\n") + 1:]
    return heading + b'"Contoso,Book,TEST,T0\r\n' + megabytes(50, rows)


def png():
    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0") +
            chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def lone_surrogate():
    text = HEADING.decode() + "Contoso,Book \ud800,TEST1\r\nContoso,Contoso Book 14,TEST2\r\n"
    return b"\xff\xfe" + text.encode("utf-16-le", "surrogatepass")


NOT_A_LIST = "not-a-list|columns-unknown"
# Name, content, exit status, the code that is told (one of several where it is a matter of taste;
# None: nothing is wrong with it).
CONTENTS = (
    ("empty", lambda: b"", 1, "list-empty"),
    ("mark_only", lambda: b"\xef\xbb\xbf", 1, "list-empty"),
    ("utf16_mark_only", lambda: b"\xff\xfe", 1, "list-empty"),
    ("line_ends_only", lambda: b"\r\n" * 1000, 1, "list-empty"),
    ("heading_only", lambda: HEADING, 1, "list-empty"),
    ("one_line_of_50_megabytes", lambda: megabytes(50, b"A"), 1, NOT_A_LIST + "|row-too-long"),
    ("unclosed_quote_in_50_megabytes", unclosed_in_50_megabytes, 3, "unclosed-quote"),
    ("every_row_unclosed", lambda: HEADING + megabytes(5, b'"Contoso,Book,TEST\r\n'), 1,
     "unclosed-quote"),
    ("only_quotes", lambda: HEADING + megabytes(5, b'"'), 1, "row-too-long|unclosed-quote"),
    ("a_hundred_thousand_columns", lambda: b",".join([b"Model"] * 100_000) + b"\r\n", 1,
     NOT_A_LIST + "|row-too-long"),
    ("a_hundred_thousand_cells", lambda: rows_with([""] * 99_999 + ["x"]), 3, "column-count"),
    ("cell_of_20_megabytes", lambda: rows_with(["Contoso", "M" * (20 << 20), "TEST"]), 3,
     "row-too-long"),
    ("cell_of_20_megabytes_quoted",
     lambda: rows_with(["Contoso", '"' + ("M" * 1023 + "\n") * (20 << 10) + '"', "TEST"]), 3,
     "row-too-long|unclosed-quote"),
    ("nuls", lambda: bytes(1 << 20), 1, NOT_A_LIST + "|list-empty"),
    ("nuls_in_the_middle",
     lambda: list_of(TUPLES, tuples(3)) + bytes(100) + b"Contoso,Book,TEST9\r\n", 1,
     "encoding-mixed"),
    ("random_bytes", lambda: random.Random(1).randbytes(1 << 20), 1,
     NOT_A_LIST + "|encoding-mixed"),
    ("png", png, 1, "not-a-list"),
    ("zip", make_samples.workbook, 1, "not-a-list"),
    ("html", lambda: b"<!DOCTYPE html>\n<html><head><title>x</title></head></html>\n", 1,
     "not-a-list"),
    ("program", lambda: b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0>\0" * 100, 1, "not-a-list"),
    ("mixed_encodings", make_samples.mixed_append, 1, "encoding-mixed"),
    ("invalid_utf8",
     lambda: HEADING + "Contoso,Café,TEST1\r\n".encode() + b"Contoso,\xff\xfe,TEST2\r\n", 1,
     "encoding-mixed"),
    ("lone_surrogate", lone_surrogate, 3, "damaged-text"),
    ("half_a_character",
     lambda: text_bytes(HEADING.decode() + "Contoso,Book,TEST1\r\n", "utf-16le") + b"C", 3,
     "column-count"),
    ("cut_in_a_row", lambda: list_of("mmd", [device(1), device(2)])[:-3000], 3, "hash-truncated"),
    ("nul_tail", lambda: list_of("mmd", [device(1), device(2)]) + bytes(1 << 20), 0,
     "encoding-cut"),
    ("end_of_file_mark", lambda: list_of(TUPLES, tuples(3)) + b"\x1a", 0, None),
    ("lone_cr", lambda: list_of(TUPLES, tuples(1000), eol="\r"), 0, None),
    ("oa3_too_large", lambda: b'<?xml version="1.0"?><Key>' + megabytes(2, b"<a>"), 1,
     "not-a-list"),
    ("oa3_with_entities",
     lambda: b'<?xml version="1.0"?><!DOCTYPE Key [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
             b"<Key><HardwareHash>&b;</HardwareHash></Key>", 1, "not-a-list"),
    ("oa3_unfinished", lambda: make_samples.oa3_unit()[:2000], 1, "not-a-list"),
)


class HostileCase(harness.Case):
    def bounded(self, *args, uid=None):
        """As harness.run(), with bounds on time and memory, and on request as somebody else."""
        def limit():
            if ADDRESSES:
                resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
            if uid is not None:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)
        env = dict(os.environ)
        if uid is not None:  # who may not write what a build for coverage wants to write
            env["GCOV_PREFIX"] = self.enterContext(tempfile.TemporaryDirectory())
            os.chmod(env["GCOV_PREFIX"], 0o777)
        done = subprocess.run([harness.PROGRAM, *args], stdin=subprocess.DEVNULL,
                              capture_output=True, cwd=self.folder, preexec_fn=limit,
                              timeout=SECONDS, check=False, env=env)
        return harness.Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def assert_told(self, name, code, finding, **options):
        """One clear line that names the file, and not a flood of them."""
        result = self.bounded("check", name, **options)
        self.assertEqual(result.code, code, (result.out + result.err)[:2000])
        lines = [line for line in result.out.splitlines()
                 if re.match(re.escape(name) + r":\d+: ", line)]
        if finding is None:
            self.assertEqual(lines, [])
            return result
        self.assertTrue(any(re.search(rf"\(({finding})\)$", line) for line in lines), lines[:5])
        if code == 1 and not re.search("row|quote", finding):
            self.assertEqual(len(lines), 1)
        self.assertLess(len(result.out + result.err), 20_000)
        return result


class Contents(HostileCase):
    """The test methods are made from CONTENTS."""


def content_test(make, code, finding):
    def test(self):
        self.assert_told(self.write("a.csv", make()), code, finding)
    return test


for content_name, *content_case in CONTENTS:
    setattr(Contents, "test_" + content_name, content_test(*content_case))


class Places(HostileCase):
    """What is no file, or not to be had."""

    def test_missing(self):
        self.assert_told("nowhere.csv", 1, "unreadable")

    def test_directory(self):
        (self.folder / "folder.csv").mkdir()
        self.assert_told("folder.csv", 1, "unreadable")

    def test_fifo_without_writer(self):
        os.mkfifo(self.folder / "fifo.csv")
        self.assert_told("fifo.csv", 1, "unreadable|list-empty")

    def test_unreadable(self):
        name = self.write_list("secret.csv", TUPLES, tuples(1))
        os.chmod(self.folder / name, 0)
        if os.geteuid() != 0:
            self.assert_told(name, 1, "unreadable")
            return
        os.chmod(self.folder, 0o755)
        try:
            self.assert_told(name, 1, "unreadable", uid=NOBODY)
        except PermissionError:
            self.skipTest("the program is not there for everybody")

    def test_name_with_a_line_end(self):
        """A name cannot forge lines of the report."""
        name = self.write("a\nb.csv: error: forged.csv", b"")
        result = self.bounded("check", name)
        self.assertEqual(result.code, 1)
        self.assertFalse(any(line.startswith("b.csv") for line in result.out.splitlines()))


class Many(HostileCase):
    def test_oa3_reports(self):
        names = [self.write(f"unit-{n}.xml", oa3_report(device(n))) for n in range(500)]
        result = self.bounded("check", "--json", *names)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(json.loads(result.out)["devices"], len(names))

    def test_lists_that_are_none(self):
        """More bad files than a process may have open: each is closed again."""
        names = [self.write(f"{n}.png", png()) for n in range(1500)]
        result = self.bounded("check", *names)
        self.assertEqual(result.code, 1)
        self.assertEqual(result.out.count("(not-a-list)"), len(names))


if __name__ == "__main__":
    unittest.main()
