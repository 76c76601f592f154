#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""autoreg convert: the exact bytes that it writes, where, and what it leaves out."""

import csv
import io
import json
import re
import unittest

import harness
import make_samples
from make_list import (COLLECTED, FORMATS, PARTNER, Device, device, hardware_hash, list_bytes,
                       list_of)

DAY = 86400
TUPLES = "mmd-partner-old"
KEY = "FAKE2-FAKE3-FAKE4-FAKE5-FAKE6"

# What each format is made of. Column order and headings are a contract with the services.
OUTPUTS = {
    "partner-center": (PARTNER, "serial product_id hash manufacturer model"),
    "intune": ("Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User",
               "serial product_id hash tag user"),
    "mmd": ("Manufacturer,Model,Serial Number,Hardware Hash", "manufacturer model serial hash"),
    "tuples": ("Manufacturer,Model,Serial Number", "manufacturer model serial"),
}
REJECTS = ("File,Line,Column,Code,Reason,Suggestion,Device Serial Number,Windows Product ID,"
           "Hardware Hash,Manufacturer name,Device model,Group Tag,Assigned User,Row").split(",")


def output(to, devices):
    heading, columns = OUTPUTS[to]
    rows = [[getattr(d, c) for c in columns.split()] for d in devices]
    return list_bytes([heading.split(","), *rows]).decode()


def plain(*devices):
    """As a list without product id, tag and user leaves them."""
    return [d._replace(product_id="", tag="", user="") for d in devices]


def made(serial, manufacturer="Contoso", model="Contoso Book 14", **more):
    text = hardware_hash(serial, manufacturer, model, **more)
    return Device(serial, "", text, manufacturer, model, tag="")


def tuple_only(n, **changes):
    return Device(f"TEST{n:08d}", "", "", "Contoso", "Contoso Book 14", tag="")._replace(**changes)


class ConvertCase(harness.Case):
    def convert(self, *args, code=0, **options):
        result = self.autoreg("convert", *args, **options)
        self.assertEqual(result.code, code, result.err)
        return result

    def read(self, name):
        return (self.folder / name).read_bytes().decode()

    def names(self, pattern="out*"):
        return sorted(p.name for p in self.folder.glob(pattern))


class Bytes(ConvertCase):
    """From anything to each format, to the byte."""

    def test_every_format_from_every_text(self):
        devices = [device(n)._replace(tag="", user="") for n in range(3)]
        texts = {
            "as written": {},
            "utf-16": {"encoding": "utf-16le"},
            "quoted": {"quote": "all", "encoding": "utf-8-bom"},
            "semicolons": {"delimiter": ";", "eol": "\n"},
        }
        for text, dialect in texts.items():
            name = self.write_list("a.csv", "partner-center", devices, **dialect)
            for to in OUTPUTS:
                with self.subTest(text=text, to=to):
                    self.assertEqual(self.convert("--to", to, name).out, output(to, devices))

    def test_from_every_format(self):
        for name in ("autopilotinfo", "autopilotinfo-partner", "mmd", "configmgr-mmd"):
            with self.subTest(name):
                devices = plain(*(device(n) for n in range(3)))
                self.write_list("a.csv", name, devices)
                self.assertEqual(self.convert("--to", "partner-center", "a.csv").out,
                                 output("partner-center", devices))

    def test_builtin_report(self):
        devices = [device(n) for n in range(3)]
        self.write_list("a.csv", "configmgr-builtin", devices)
        self.assertEqual(self.convert("--to", "partner-center", "a.csv").out,
                         output("partner-center", devices))

    def test_tag_and_user(self):
        devices = [device(n)._replace(product_id="", user=f"u{n}@contoso.example")
                   for n in range(2)]
        self.write_list("a.csv", "intune", devices)
        self.assertEqual(self.convert("--to", "intune", "a.csv").out, output("intune", devices))

    def test_tag_is_never_altered(self):
        devices = [device(0)._replace(product_id="", tag="contoso  Kiosk_É")]
        self.write_list("a.csv", "intune", devices)
        self.assertEqual(self.convert("--to", "intune", "a.csv").out, output("intune", devices))

    def test_oa3_reports(self):
        self.write("a.xml", make_samples.oa3_unit())
        result = self.convert("--to", "partner-center", "a.xml")
        self.assertEqual(result.out, output("partner-center", [device(140, seed=20)]))
        self.assertNotIn(make_samples.PRODUCT_KEY, result.out + result.err)

    def test_filled_from_the_hash(self):
        """No column, or a column with an empty cell: the hash tells."""
        d = device(1)._replace(product_id="")
        for cells in (["", "", d.hash], ["", "", d.hash, "", ""]):
            with self.subTest(len(cells)):
                self.write("a.csv", list_bytes([PARTNER.split(",")[:len(cells)], cells]))
                self.assertEqual(self.convert("--to", "tuples", "a.csv").out, output("tuples", [d]))

    def test_the_list_outranks_the_hash(self):
        d = device(1)._replace(manufacturer="Northwind", product_id="")
        self.write_list("a.csv", "mmd", [d])
        self.assertEqual(self.convert("--to", "mmd", "a.csv").out, output("mmd", [d]))

    def test_repairs(self):
        d = made("000417250193")
        damaged = d._replace(serial=" 417250193 ", hash=d.hash[:3600], model='"Contoso Book 14"')
        self.write_list("a.csv", "mmd", [damaged], quote="minimal")
        self.assertEqual(self.convert("--to", "mmd", "a.csv").out, output("mmd", [d]))

    def test_accents_come_out_as_utf8(self):
        d = tuple_only(1, model="Contoso Café")
        self.write_list("a.csv", TUPLES, [d], encoding="windows-1252")
        self.assertEqual(self.convert("--to", "tuples", "a.csv").out, output("tuples", [d]))

    def test_standard_input(self):
        devices = plain(device(1))
        result = self.convert("--to", "mmd", "-", stdin=list_of("mmd", devices))
        self.assertEqual(result.out, output("mmd", devices))

    def test_output_file_is_the_same(self):
        devices = plain(*(device(n) for n in range(4)))
        self.write_list("a.csv", "mmd", devices, encoding="utf-16le")
        result = self.convert("--to", "partner-center", "-o", "out.csv", "a.csv")
        self.assertEqual(result.out, "")
        self.assertEqual(self.read("out.csv"), output("partner-center", devices))

    def test_tags_that_are_not_written_are_told(self):
        self.write_list("a.csv", "intune", [device(1)])
        self.assertIn("(tag-not-written)", self.convert("--to", "partner-center", "a.csv").err)

    def test_tags_that_cannot_be_written_are_counted(self):
        """Eight by name, in the order of the list, the rest together; each list for itself."""
        tags = ["A", "A", *"BCDEFGHIJ"]
        lines = ["Manufacturer,Model,Serial Number,Group Tag",
                 *(f"LENOVO,20B6008MMH,PF{n:06},{tag}" for n, tag in enumerate(tags))]
        self.write("a.csv", "\n".join(lines))
        self.write("b.csv", "\n".join(lines[:1] + ["LENOVO,20B6008MMH,PF1,Z"]))
        result = self.convert("--to", "tuples", "--json", "-o", "out.csv", "a.csv", "b.csv")
        self.assertEqual(
            [[(f["line"], f["severity"], f["code"], f["message"]) for f in one["findings"]]
             for one in json.loads(result.out)["lists"]],
            [[(1, "warning", "tag-not-written",
               'the tuples format has no column for group tags: "A" (2 devices), '
               + ", ".join(f'"{tag}" (1 device)' for tag in "BCDEFGH")
               + ", others (2 devices)")],
             [(1, "warning", "tag-not-written",
               'the tuples format has no column for group tags: "Z" (1 device)')]])

    def test_threads_keep_the_order(self):
        devices = plain(*(device(n) for n in range(600)))
        self.write_list("a.csv", "mmd", devices)
        want = output("mmd", devices)
        for threads in (1, 2, 4):
            with self.subTest(threads):
                result = self.convert("--to", "mmd", "--threads", threads, "a.csv")
                self.assertTrue(result.out == want)


class Parts(ConvertCase):
    """One file holds what one upload takes."""

    def write_tuples(self, n):
        self.write_list("a.csv", TUPLES, [tuple_only(i) for i in range(n)])

    def assert_parts(self, to, want):
        """want: rows by file name."""
        self.assertEqual(self.names(), sorted(want))
        start = 0
        for name, rows in want.items():
            part = output(to, [tuple_only(i) for i in range(start, start + rows)])
            self.assertTrue(self.read(name) == part, name)
            start += rows

    def test_partner_center(self):
        self.write_tuples(2001)
        self.convert("--to", "partner-center", "-o", "out.csv", "a.csv")
        self.assert_parts("partner-center",
                          {"out-001.csv": 1000, "out-002.csv": 1000, "out-003.csv": 1})

    def test_exactly_one_file(self):
        self.write_tuples(1000)
        self.convert("--to", "partner-center", "-o", "out.csv", "a.csv")
        self.assert_parts("partner-center", {"out.csv": 1000})

    def test_intune(self):
        devices = plain(*(device(n) for n in range(501)))
        self.write_list("a.csv", "mmd", devices)
        self.convert("--to", "intune", "-o", "out.csv", "a.csv")
        self.assertEqual(self.names(), ["out-001.csv", "out-002.csv"])
        self.assertTrue(self.read("out-001.csv") == output("intune", devices[:500]))
        self.assertTrue(self.read("out-002.csv") == output("intune", devices[500:]))

    def test_others_are_never_split(self):
        self.write_tuples(1500)
        self.convert("--to", "tuples", "-o", "out.csv", "a.csv")
        self.assert_parts("tuples", {"out.csv": 1500})

    def test_refused_and_repeated_rows_do_not_count(self):
        devices = [tuple_only(i) for i in range(1000)]
        self.write_list("a.csv", TUPLES, [*devices, devices[3], tuple_only(2000, model="")])
        self.convert("--to", "partner-center", "-o", "out.csv", "a.csv", code=3)
        self.assert_parts("partner-center", {"out.csv": 1000})

    def test_standard_output_is_never_split(self):
        self.write_tuples(1001)
        out = self.convert("--to", "partner-center", "a.csv").out
        self.assertTrue(out == output("partner-center", [tuple_only(i) for i in range(1001)]))

    def test_stale_parts(self):
        """A part of an earlier, longer run would be uploaded with the new ones."""
        self.write_tuples(1)
        self.write("out-003.csv", "old")
        result = self.convert("--to", "partner-center", "-o", "out.csv", "a.csv", code=1)
        self.assertIn("out-003.csv", result.err)
        self.assertEqual(self.names(), ["out-003.csv"])
        self.assertEqual(self.read("out-003.csv"), "old")

    def test_whole_file_of_an_earlier_run(self):
        """It would stand beside the parts as if it were one of them."""
        self.write_tuples(1001)
        self.write("out.csv", "old")
        result = self.convert("--to", "partner-center", "-o", "out.csv", "a.csv", code=1)
        self.assertIn("out.csv", result.err)
        self.assertEqual((self.names(), self.read("out.csv")), (["out.csv"], "old"))

    def test_one_file_replaces_the_former(self):
        self.write_tuples(1)
        self.write("out.csv", "old")
        self.convert("--to", "partner-center", "-o", "out.csv", "a.csv")
        self.assert_parts("partner-center", {"out.csv": 1})

    def test_for_nobody_else(self):
        """Hardware hashes are confidential."""
        self.write_tuples(1001)
        self.convert("--to", "partner-center", "-o", "out.csv", "a.csv")
        self.assertEqual({p.stat().st_mode & 0o777 for p in self.folder.glob("out*")}, {0o600})

    def test_other_names_are_no_parts(self):
        self.write_tuples(1)
        for name in ("out-1.csv", "out-abc.csv", "out-001.csv.bak", "about-001.csv"):
            self.write(name, "old")
        self.convert("--to", "partner-center", "-o", "out.csv", "a.csv")
        self.assertIn("out.csv", self.names())

    def test_nothing_usable_leaves_nothing(self):
        self.write_list("a.csv", TUPLES, [tuple_only(1, model="")])
        self.convert("--to", "partner-center", "-o", "out.csv", "a.csv", code=1)
        self.assertEqual(self.names(), [])

    def test_no_such_folder(self):
        self.write_tuples(1)
        result = self.convert("--to", "mmd", "-o", "nowhere/out.csv", "a.csv", code=1)
        self.assertIn("nowhere/out.csv", result.err)


class Merging(ConvertCase):
    """Several lists, and several rows of one device."""

    def test_order_is_kept(self):
        devices = plain(*(device(n) for n in (5, 3, 8, 1, 2)))
        self.write_list("b.csv", "mmd", devices[:2])
        self.write_list("a.csv", "autopilotinfo", devices[2:], encoding="utf-16le")
        self.assertEqual(self.convert("--to", "mmd", "b.csv", "a.csv").out, output("mmd", devices))

    def test_duplicates_across_lists(self):
        devices = plain(*(device(n) for n in range(3)))
        self.write_list("a.csv", "mmd", devices[:2])
        self.write_list("b.csv", "autopilotinfo", devices)
        self.assertEqual(self.convert("--to", "mmd", "a.csv", "b.csv").out, output("mmd", devices))

    def test_newest_capture_stays(self):
        old, new = (made("TEST-AGAIN", collected=COLLECTED + d * DAY) for d in (0, 30))
        other = made("TEST-OTHER-1")
        for name, rows, want in (("newer first", (new, other, old), (new, other)),
                                 ("older first", (old, other, new), (other, new))):
            with self.subTest(name):
                self.write_list("a.csv", "mmd", rows)
                self.assertEqual(self.convert("--to", "mmd", "a.csv").out, output("mmd", want))

    def test_newest_capture_stays_in_a_file(self):
        old, new = (made("TEST-AGAIN", collected=COLLECTED + d * DAY) for d in (0, 30))
        self.write_list("a.csv", "mmd", [old, new])
        self.convert("--to", "mmd", "-o", "out.csv", "a.csv")
        self.assertEqual(self.read("out.csv"), output("mmd", [new]))

    def test_conflict(self):
        one, two = (made("TEST-CLONE", machine=m) for m in ("one", "two"))
        self.write_list("a.csv", "mmd", [one, *plain(device(1))])
        self.write_list("b.csv", "mmd", [*plain(device(2)), two])
        result = self.convert("--to", "mmd", "a.csv", "b.csv", code=3)
        self.assertEqual(result.out, output("mmd", plain(device(1), device(2))))
        self.assertIn("(conflict)", result.err)
        self.assertRegex(result.err, r"a\.csv\D{0,20}2\b")
        self.assertRegex(result.err, r"b\.csv\D{0,20}3\b")

    def test_conflict_with_a_row_long_written(self):
        """More than 64 MiB of output lie between the two rows."""
        one, two = (made("TEST-CLONE", machine=m) for m in ("one", "two"))
        between = plain(*(device(n) for n in range(17_000)))
        self.write_list("a.csv", "mmd", [one, *between, two])
        want = output("mmd", between)
        self.assertTrue(self.convert("--to", "mmd", "a.csv", code=3).out == want)
        self.convert("--to", "mmd", "-o", "out.csv", "a.csv", code=3)
        self.assertTrue(self.read("out.csv") == want)

    def test_good_lists_beside_bad_ones(self):
        devices = plain(device(1))
        self.write_list("a.csv", "mmd", devices)
        self.write("b.xlsx", make_samples.workbook())
        result = self.convert("--to", "mmd", "b.xlsx", "a.csv", "nowhere.csv", code=1)
        self.assertEqual(result.out, output("mmd", devices))
        self.assertIn("b.xlsx:1: error: ", result.err)
        self.assertIn("nowhere.csv:1: error: ", result.err)


class Rejects(ConvertCase):
    """Refused rows, for people with a spreadsheet."""

    def rejects(self, *names, code=3):
        result = self.convert("--to", "partner-center", "--rejects", "rejects.csv", *names,
                              code=code)
        text = self.read("rejects.csv")
        self.assertEqual(text[0], "\ufeff")
        self.assertTrue(text.endswith("\r\n"))
        self.assertIsNone(re.search("[A-Za-z0-9+/]{200}", text), "a whole hash")
        rows = list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))
        self.assertTrue(all(None not in r and None not in r.values() for r in rows), "cells")
        self.assertEqual(text[1:].split("\r\n")[0].replace('"', ""), ",".join(REJECTS))
        return rows, result

    def test_refused_row(self):
        bad = device(2)._replace(hash=device(2).hash[:1000])
        self.write_list("a.csv", "partner-center", [device(1), bad])
        (row,), result = self.rejects("a.csv")
        by_word = ("Reason", "Suggestion", "Hardware Hash", "Row")
        got = {k: row[k] for k in REJECTS if k not in by_word}
        self.assertEqual(got, {
            "File": "a.csv", "Line": "3", "Column": "Hardware Hash", "Code": "hash-truncated",
            "Device Serial Number": bad.serial, "Windows Product ID": bad.product_id,
            "Manufacturer name": bad.manufacturer, "Device model": bad.model,
            "Group Tag": "", "Assigned User": "",
        })
        self.assertTrue(row["Reason"] and row["Suggestion"])
        self.assertTrue(row["Hardware Hash"].startswith(bad.hash[:12]), row["Hardware Hash"])
        self.assertIn("1000", row["Hardware Hash"])
        self.assertNotIn(bad.hash[:13], row["Hardware Hash"])
        self.assertEqual(result.out, output("partner-center", [device(1)]))

    def test_nothing_refused(self):
        self.write_list("a.csv", "partner-center", [device(1), device(1)])
        rows, _ = self.rejects("a.csv", code=0)
        self.assertEqual(rows, [])

    def test_several_lists_in_their_order(self):
        bad = [device(n)._replace(hash="A") for n in range(4)]
        self.write_list("b.csv", "mmd", [bad[0], device(10), bad[1]])
        self.write_list("a.csv", "mmd", [bad[2], bad[3]])
        rows, _ = self.rejects("b.csv", "a.csv")
        self.assertEqual([(r["File"], r["Line"]) for r in rows],
                         [("b.csv", "2"), ("b.csv", "4"), ("a.csv", "2"), ("a.csv", "3")])

    def test_conflict_is_there_with_both_rows(self):
        self.write_list("a.csv", "mmd", [made("TEST-CLONE", machine=m) for m in ("one", "two")])
        rows, _ = self.rejects("a.csv", code=1)
        self.assertEqual(sorted((r["Line"], r["Code"]) for r in rows),
                         [("2", "conflict"), ("3", "conflict")])

    def test_product_key_is_in_nothing_that_is_written(self):
        for bad in (device(2)._replace(product_id=KEY), device(2)._replace(model=f"Book {KEY}")):
            self.write_list("a.csv", "partner-center", [device(1), bad])
            (row,), result = self.rejects("a.csv")
            self.assertEqual(row["Code"], "product-key")
            self.assertNotIn(KEY, self.read("rejects.csv") + result.out + result.err)

    def test_product_key_without_dashes(self):
        bare = KEY.replace("-", "")
        self.write_list("a.csv", "partner-center", [device(1), device(2)._replace(product_id=bare)])
        (row,), result = self.rejects("a.csv")
        self.assertEqual(row["Code"], "product-key")
        self.assertNotIn(bare, self.read("rejects.csv") + result.out + result.err)

    def test_product_key_is_not_there_in_part(self):
        """However much of a long row is shown, it does not end in the middle of a key."""
        for gap in range(0, 120, 8):
            bad = device(2)._replace(model="x" * gap + " " + KEY)
            self.write_list("a.csv", "partner-center", [device(1), bad])
            self.rejects("a.csv")
            self.assertNotIn(KEY[:11], self.read("rejects.csv"), gap)

    def test_product_key_in_a_row_of_another_shape(self):
        rows = [*FORMATS["mmd"].before, FORMATS["mmd"].cells(device(1)), ["Contoso", KEY]]
        self.write("a.csv", list_bytes(rows))
        (_,), result = self.rejects("a.csv")
        self.assertNotIn(KEY, self.read("rejects.csv") + result.out + result.err)

    def test_formulas_are_text(self):
        """A spreadsheet would run what begins like this."""
        for value in ("=1+1", "+1", "-1", "@SUM(A1)"):
            with self.subTest(value):
                bad = tuple_only(2, serial=value, model="")
                self.write_list("a.csv", TUPLES, [tuple_only(1), bad])
                (row,), _ = self.rejects("a.csv")
                self.assertEqual(row["Device Serial Number"], "'" + value)

    def test_quotes(self):
        bad = tuple_only(2, manufacturer='Contoso, "Inc"', model="")
        self.write_list("a.csv", TUPLES, [tuple_only(1), bad], quote="minimal")
        (row,), _ = self.rejects("a.csv")
        self.assertEqual(row["Manufacturer name"], 'Contoso, "Inc"')

    def test_row_of_another_shape(self):
        shape = FORMATS[TUPLES]
        self.write("a.csv", list_bytes([*shape.before, shape.cells(tuple_only(1)),
                                        ["Contoso", "Inc.", "Book", "TEST2"]]))
        (row,), _ = self.rejects("a.csv")
        self.assertEqual((row["Line"], row["Column"], row["Code"]), ("3", "", "column-count"))
        self.assertIn("TEST2", row["Row"])


class NotWritable(ConvertCase):
    """The unquoted formats have no way to write a delimiter, a quote or a line end."""

    def assert_refused(self, device_, to="tuples"):
        self.write_list("a.csv", TUPLES, [tuple_only(1), device_], quote="minimal")
        result = self.convert("--to", to, "a.csv", code=3)
        self.assertEqual(result.out, output(to, [tuple_only(1)]))
        self.assertIn("a.csv:3: error: ", result.err)
        self.assertIn("(value-not-writable)", result.err)

    def test_comma(self):
        self.assert_refused(tuple_only(2, model="Book, 14 inch"))

    def test_comma_in_partner_center(self):
        self.assert_refused(tuple_only(2, model="Book, 14 inch"), to="partner-center")

    def test_quote(self):
        self.assert_refused(tuple_only(2, model='Book 14" wide'))

    def test_a_column_that_is_not_written_may_hold_anything(self):
        d = device(1)._replace(model="Contoso, Inc")
        self.write_list("a.csv", "mmd", [d], quote="minimal")
        self.assertEqual(self.convert("--to", "intune", "a.csv").out, output("intune", plain(d)))

    def test_without_what_the_format_needs(self):
        """A device by product id alone has no tuple, and one by tuple no hash."""
        self.write_list("a.csv", "msfb", [device(1)._replace(hash="")])
        self.convert("--to", "tuples", "a.csv", code=1)
        self.write_list("a.csv", TUPLES, [tuple_only(1)])
        self.convert("--to", "mmd", "a.csv", code=1)


class Usage(ConvertCase):
    def assert_usage(self, *args):
        self.write_list("a.csv", TUPLES, [tuple_only(1)])
        result = self.convert(*args, code=2)
        self.assertEqual(result.out, "")
        self.assertTrue(result.err)

    def test_no_format(self):
        self.assert_usage("a.csv")

    def test_unknown_format(self):
        self.assert_usage("--to", "excel", "a.csv")

    def test_no_list(self):
        self.assert_usage("--to", "mmd")


if __name__ == "__main__":
    unittest.main()
