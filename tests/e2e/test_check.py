#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""autoreg check: what it finds, where it says so, and how it ends."""

import json
import pathlib
import re
import struct
import unittest

import harness
import make_list
import make_samples
from make_list import (COLLECTED, FORMATS, Device, device, hardware_hash, legacy_hash, list_bytes,
                       list_of, sealed, text_bytes, unpack, with_broken_record, with_wrong_checksum)

SERIAL = "Serial Number"
PRODUCT_ID = "Windows Product ID"
HASH = "Hardware Hash"
MANUFACTURER = "Manufacturer"
MODEL = "Model"
TAG = "Group Tag"
USER = "Assigned User"

ERROR, WARNING, INFO = "error", "warning", "info"
FULL, TUPLES = "partner-center", "mmd-partner-old"
KEY = "FAKE2-FAKE3-FAKE4-FAKE5-FAKE6"
DAY = 86400


def made(serial, manufacturer="Contoso", model="Contoso Book 14", column=None, **more):
    """A device whose hash says what the arguments say; column: what the list says instead."""
    text = hardware_hash(serial, manufacturer, model, **more)
    return Device(column or serial, "", text, manufacturer, model)


def with_unusual_record(text):
    """Record 1 is always first; here one of an unknown type stands in its place."""
    blob, total = unpack(text)
    struct.pack_into("<H", blob, 4, 250)
    return sealed(blob, total)


class CheckCase(harness.Case):
    def check(self, *names, code):
        """check --json of some files; what holds for every report is tested here."""
        result = self.autoreg("check", "--json", *names)
        self.assertEqual(result.code, code, result.err or result.out[:2000])
        report = json.loads(result.out)
        self.assertEqual([pathlib.PurePath(x["file"]).name for x in report["lists"]],
                         [pathlib.PurePath(n).name for n in names])
        for counts in (*report["lists"],
                       {**report, "rows": sum(x["rows"] for x in report["lists"])}):
            self.assertEqual(counts["rows"],
                             counts["devices"] + counts["refused"] + counts["duplicates"], counts)
        for f in (f for x in report["lists"] for f in x["findings"]):
            self.assertTrue(f["message"] and f["advice"], f)
            self.assertNotIn("\n", f["message"])
        self.assertIsNone(re.search("[A-Za-z0-9+/]{200}", result.out), "a whole hash")
        self.assertNotIn(KEY, result.out + result.err)
        return report

    def check_one(self, content, code, name="a.csv"):
        return self.check(self.write(name, content), code=code)["lists"][0]

    def assert_counts(self, one, rows, devices, refused, duplicates=0):
        self.assertEqual(
            {k: one[k] for k in ("rows", "devices", "refused", "duplicates")},
            {"rows": rows, "devices": devices, "refused": refused, "duplicates": duplicates})


def found(one):
    return [(f["line"], f["column"], f["severity"], f["code"]) for f in one["findings"]]


def codes(one):
    return {f["code"] for f in one["findings"]}


# One row each, between two good ones. Name, format of the list, what the row has instead of the
# values of a good device, and what is found in it.
GOOD = device(5)
ROWS = (
    ("sample_serial", FULL, {"serial": "R9-ZNP67"}, [(SERIAL, ERROR, "sample-data")]),
    ("sample_product_id", FULL, {"product_id": "123451234567"},
     [(PRODUCT_ID, ERROR, "sample-data")]),
    ("sample_hash", FULL, {"hash": "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3g"},
     [(HASH, ERROR, "sample-data")]),
    ("sample_manufacturer", FULL, {"manufacturer": "spiralorbit"},
     [(MANUFACTURER, ERROR, "sample-data")]),
    ("sample_model", TUPLES, {"model": "ContosoABC"}, [(MODEL, ERROR, "sample-data")]),
    ("no_identity", TUPLES, {"model": ""}, [(None, ERROR, "no-identity")]),
    ("no_identity_serial_only", "autopilotinfo", {"hash": ""}, [(None, ERROR, "no-identity")]),

    ("hash_not_base64", FULL, {"hash": GOOD.hash[:700] + "#" + GOOD.hash[701:]},
     [(HASH, ERROR, "hash-not-base64")]),
    ("hash_not_oa", FULL, {"hash": "QUJD" + GOOD.hash[4:]}, [(HASH, ERROR, "hash-not-oa")]),
    ("hash_truncated_255", FULL, {"hash": GOOD.hash[:255]}, [(HASH, ERROR, "hash-truncated")]),
    ("hash_truncated_256", FULL, {"hash": GOOD.hash[:256]}, [(HASH, ERROR, "hash-truncated")]),
    ("hash_malformed", FULL, {"hash": with_broken_record(GOOD.hash)},
     [(HASH, ERROR, "hash-malformed")]),
    ("hash_checksum", FULL, {"hash": with_wrong_checksum(GOOD.hash)},
     [(HASH, ERROR, "hash-checksum")]),
    ("hash_legacy", FULL, {"hash": legacy_hash("x")}, [(HASH, ERROR, "hash-legacy")]),
    ("hash_shorter_padding", FULL, {"hash": GOOD.hash[:3600]},
     [(HASH, WARNING, "hash-noncanonical")]),
    ("hash_padding_not_zero", FULL, {"hash": GOOD.hash[:-4] + "AAAB"},
     [(HASH, WARNING, "hash-noncanonical")]),
    ("hash_too_long", FULL, {"hash": GOOD.hash + "A" * 16384}, [(HASH, ERROR, "value-too-long")]),
    ("hash_incomplete", "mmd", made("", column="TEST-NO-SER")._asdict(),
     [(HASH, WARNING, "hash-incomplete")]),
    ("hash_from_the_future", "mmd", made("TEST-FUTURE", collected=4102444800)._asdict(),
     [(HASH, WARNING, "hash-unusual")]),
    ("hash_first_record", "mmd", {"hash": with_unusual_record(GOOD.hash)},
     [(HASH, WARNING, "hash-unusual")]),

    ("serial_mismatch", FULL, {"serial": "TEST-OTHER"}, [(SERIAL, ERROR, "serial-mismatch")]),
    ("manufacturer_mismatch", FULL, {"manufacturer": "Northwind"},
     [(MANUFACTURER, WARNING, "manufacturer-mismatch")]),
    ("manufacturer_other_case", FULL, {"manufacturer": "CONTOSO"}, []),
    ("model_mismatch", FULL, {"model": "Northwind Lamp"}, [(MODEL, WARNING, "model-mismatch")]),
    ("product_id_mismatch", FULL, {"product_id": "9" * 12 + "8"},
     [(PRODUCT_ID, WARNING, "product-id-mismatch")]),

    ("placeholder_with_hash", "mmd", made("Default string")._asdict(),
     [(HASH, WARNING, "hash-incomplete"), (SERIAL, WARNING, "placeholder-serial")]),
    ("placeholder_in_tuple", TUPLES, {"serial": "Default string"},
     [(SERIAL, ERROR, "placeholder-serial")]),
    ("placeholder_repeated", TUPLES, {"serial": "xxxxxxxx"},
     [(SERIAL, ERROR, "placeholder-serial")]),
    ("placeholder_make", TUPLES, {"manufacturer": "System manufacturer"},
     [(MANUFACTURER, ERROR, "placeholder-value")]),
    ("bad_product_id_with_tuple", FULL, {"hash": "", "product_id": "00329-00000-0003-AA6"},
     [(PRODUCT_ID, WARNING, "bad-product-id")]),
    ("bad_product_id_alone", "msfb", {"hash": "", "product_id": "12345678"},
     [(PRODUCT_ID, ERROR, "bad-product-id")]),
    ("product_id_alone", "msfb", {"hash": ""}, []),
    ("product_key", FULL, {"product_id": KEY}, [(PRODUCT_ID, ERROR, "product-key")]),
    ("product_key_in_model", FULL, {"model": "Book " + KEY}, [(MODEL, ERROR, "product-key")]),
    ("excel_number", TUPLES, {"serial": "1.23457E+11"}, [(SERIAL, ERROR, "excel-damage")]),
    ("excel_number_comma", "msfb", {"product_id": "1,23457E+12", "hash": ""},
     [(PRODUCT_ID, ERROR, "excel-damage")]),
    ("excel_date", TUPLES, {"serial": "3-Jan"}, [(SERIAL, ERROR, "excel-damage")]),
    ("excel_name", TUPLES, {"serial": "#NAME?"}, [(SERIAL, ERROR, "excel-damage")]),
    ("zeros_of_the_serial", "mmd", made("000417250193", column="417250193")._asdict(),
     [(SERIAL, WARNING, "leading-zeros")]),
    ("zeros_of_the_product_id", "msfb",
     {**made("TEST-ZEROS", product_id="0033009876543")._asdict(), "product_id": "33009876543"},
     [(PRODUCT_ID, WARNING, "leading-zeros")]),
    ("blanks_at_the_end", FULL, {"serial": GOOD.serial + "  "}, [(SERIAL, WARNING, "whitespace")]),
    ("no_break_space", FULL, {"serial": "\u00a0" + GOOD.serial}, [(SERIAL, WARNING, "whitespace")]),
    ("zero_width", FULL, {"model": GOOD.model + "\u200b"}, [(MODEL, WARNING, "whitespace")]),
    ("quotes_kept", FULL, {"serial": f'"{GOOD.serial}"'}, [(SERIAL, WARNING, "quoted-value")]),
    ("damaged_text", TUPLES, {"model": "Contoso Caf\ufffd"}, [(MODEL, ERROR, "damaged-text")]),
    ("invisible_text", TUPLES, {"model": "Contoso\u200bBook"}, [(MODEL, ERROR, "damaged-text")]),
    ("damaged_text_with_hash", "mmd", {"model": "Contoso\u200bBook"},
     [(MODEL, WARNING, "model-mismatch"), (MODEL, WARNING, "damaged-text")]),
    ("value_too_long", TUPLES, {"model": "Mo" * 150}, [(MODEL, ERROR, "value-too-long")]),
    ("filled", FULL, {"serial": "", "manufacturer": "", "model": ""},
     [(SERIAL, INFO, "filled"), (MANUFACTURER, INFO, "filled"), (MODEL, INFO, "filled")]),
    ("filled_only_where_there_is_a_column", "autopilotinfo", {"serial": ""},
     [(SERIAL, INFO, "filled")]),
    ("known_variant", TUPLES, {"manufacturer": "Lenovo"},
     [(MANUFACTURER, WARNING, "known-variant")]),
    ("serial_with_blanks", TUPLES, {"serial": "TEST 12 34"}, [(SERIAL, WARNING, "serial-blanks")]),
    ("user", "intune", {"user": "alex@contoso.example"}, []),
    ("bad_user", "intune", {"user": "alex at contoso"}, [(USER, WARNING, "bad-user")]),
    ("any_tag", "intune", {"tag": "Contoso-Kiosk"}, []),
    ("tag_other_case", "intune", {"tag": "microsoft365managed_autopilot"},
     [(TAG, ERROR, "tag-near-miss")]),
    ("tag_without_underscore", "intune", {"tag": "Microsoft365Managed Autopilot"},
     [(TAG, ERROR, "tag-near-miss")]),
    ("tag_with_blank", "intune", {"tag": "Contoso-Kiosk "}, [(TAG, ERROR, "tag-near-miss")]),
    ("virtual_machine", TUPLES,
     {"manufacturer": "Microsoft Corporation", "model": "Virtual Machine"},
     [(None, WARNING, "virtual-machine")]),
)


class Rows(CheckCase):
    """One row at a time: the test methods are made from ROWS."""


def row_test(format_name, changes, findings):
    def test(self):
        devices = [device(1), GOOD._replace(**changes), device(2)]
        refused = any(severity == ERROR for _, severity, _ in findings)
        one = self.check_one(list_of(format_name, devices, quote="minimal"), 3 if refused else 0)
        self.assert_counts(one, 3, 2 if refused else 3, 1 if refused else 0)
        self.assertCountEqual(found(one), [(3, *f) for f in findings])
        for f in one["findings"]:
            if changes.get("serial", GOOD.serial) == GOOD.serial and f["code"] != "product-key":
                self.assertEqual(f["serial"], GOOD.serial)
    return test


for row_name, *row_case in ROWS:
    setattr(Rows, "test_" + row_name, row_test(*row_case))


class RowShapes(CheckCase):
    """What is wrong with a row before anybody looks at its cells."""

    def rows(self, *middle, before=FORMATS["mmd"].before):
        cells = FORMATS["mmd"].cells
        return list_bytes([*before, cells(device(1)), *middle, cells(device(2))])

    def assert_row(self, content, *finding, rows=3, code=3):
        one = self.check_one(content, code)
        self.assert_counts(one, rows, rows - 1, 1)
        self.assertEqual(found(one), [finding])

    def test_same_heading_again(self):
        self.assert_row(self.rows(FORMATS["mmd"].before[0]), 3, None, ERROR, "header-row")

    def test_another_heading(self):
        """The rows after it are read by it."""
        self.assert_row(self.rows(FORMATS["mmd"].before[0], FORMATS["mmd"].cells(device(7)),
                                  before=FORMATS["configmgr-mmd"].before),
                        3, None, ERROR, "header-row", rows=4)

    def test_another_order(self):
        shape, other = FORMATS["mmd"], FORMATS["autopilotinfo"]
        rows = [*shape.before, shape.cells(device(1)), *other.before, other.cells(device(2))]
        self.assert_row(list_bytes(rows), 3, None, ERROR, "header-row")

    def test_too_many_cells(self):
        maker, *rest = FORMATS["mmd"].cells(device(7))
        self.assert_row(self.rows([maker, "Inc.", *rest]), 3, None, ERROR, "column-count")

    def test_too_few_cells(self):
        self.assert_row(self.rows(["Contoso", "Contoso Book 14"]), 3, None, ERROR, "column-count")

    def test_empty_cells_behind(self):
        row = [*FORMATS["mmd"].cells(device(7)), "", ""]
        one = self.check_one(self.rows(row), 0)
        self.assertEqual(found(one), [])

    def test_too_long(self):
        row = FORMATS["mmd"].cells(device(7)._replace(model="M" * 300_000))
        self.assert_row(self.rows(row), 3, None, ERROR, "row-too-long")

    def test_unclosed_quote(self):
        row = FORMATS["mmd"].cells(device(7)._replace(model='"Contoso Book 14'))
        self.assert_row(self.rows(row), 3, None, ERROR, "unclosed-quote")

    def test_cut_in_the_last_hash(self):
        whole = list_of("mmd", [device(1), device(2)])
        one = self.check_one(whole[:-3500], 3)
        self.assert_counts(one, 2, 1, 1)
        self.assertEqual(found(one), [(3, HASH, ERROR, "hash-truncated")])


    def test_short_serials(self):
        """Among many serial numbers of one length, a few that have lost their zeros."""
        rows = [f"LENOVO,20B6008MMH,{n:012}" for n in range(300_000_000_000, 300_000_000_030)]
        lines = ["Manufacturer,Model,Serial Number", *rows, "LENOVO,20B6008MMH,4711"]
        one = self.check_one("\r\n".join(lines).encode(), 0)
        self.assertEqual(found(one), [(32, None, WARNING, "short-serials")])
        self.assertEqual((one["rows"], one["devices"]), (31, 31))

    def test_no_line_end_is_fine(self):
        one = self.check_one(list_of("mmd", [device(1), device(2)])[:-2], 0)
        self.assertEqual(found(one), [])

    def test_blank_lines_are_no_rows(self):
        content = self.rows([""], ["", "", "", ""], ["  "])
        one = self.check_one(content, 0)
        self.assert_counts(one, 2, 2, 0)

    def test_line_end_in_a_cell(self):
        """Lines are physical: the row behind one that takes two stands a line further down."""
        two_lines = device(3)._replace(model="Contoso\r\nBook")
        bad = device(4)._replace(hash=device(4).hash[:256])
        one = self.check_one(list_of("mmd", [two_lines, bad], quote="minimal"), 3)
        self.assertIn((4, HASH, ERROR, "hash-truncated"), found(one))


class Choices(CheckCase):
    """What the options change."""

    def assert_findings(self, want, *options, devices):
        name = self.write_list("a.csv", "intune", devices)
        result = self.autoreg("check", "--json", *options, name)
        self.assertEqual(found(json.loads(result.out)["lists"][0]), want)

    def test_group_tag(self):
        kiosk = device(1)._replace(tag="Contoso-Kiosk")
        self.assert_findings([], "--group-tag", "Contoso-Kiosk", devices=[kiosk])
        self.assert_findings([(2, TAG, ERROR, "tag-near-miss")], "--group-tag", "contoso_kiosk",
                             devices=[kiosk])
        self.assert_findings([(2, TAG, ERROR, "tag-mismatch")], "--group-tag", "Contoso-Office",
                             devices=[kiosk])

    def test_accept_serial_mismatch(self):
        other = device(1)._replace(serial="TEST-OTHER")
        self.assert_findings([(2, SERIAL, WARNING, "serial-mismatch")], "--accept-serial-mismatch",
                             devices=[other])

    def test_threads(self):
        """The report does not depend on how many threads made it."""
        devices = [device(n % 400)._replace(model="" if n % 7 == 0 else "x") for n in range(500)]
        name = self.write_list("a.csv", "mmd", devices)
        one, two = (self.autoreg("check", "--json", "--threads", n, name) for n in (1, 2))
        self.assertEqual(one, two)


class Sets(CheckCase):
    """What is known only from several rows."""

    def test_duplicate(self):
        one = self.check_one(list_of("mmd", [device(1), device(2), device(1)]), 0)
        self.assert_counts(one, 3, 2, 0, 1)
        self.assertEqual(found(one), [(4, None, INFO, "duplicate")])

    def test_duplicate_of_another_format(self):
        a = self.write_list("a.csv", "mmd", [device(1)])
        b = self.write_list("b.csv", TUPLES, [device(1), device(2)])
        report = self.check(a, b, code=0)
        self.assertEqual((report["devices"], report["refused"], report["duplicates"]), (2, 0, 1))
        self.assert_counts(report["lists"][0], 1, 1, 0)
        self.assert_counts(report["lists"][1], 2, 1, 0, 1)

    def test_serials_compare_without_case(self):
        lower = device(1)._replace(serial=device(1).serial.lower())
        one = self.check_one(list_of(TUPLES, [device(1), lower]), 0)
        self.assert_counts(one, 2, 1, 0, 1)

    def test_same_serial_of_another_maker(self):
        other = device(1)._replace(manufacturer="Northwind")
        one = self.check_one(list_of(TUPLES, [device(1), other]), 0)
        self.assert_counts(one, 2, 2, 0)

    def recaptures(self, days):
        return [made("TEST-AGAIN", collected=COLLECTED + d * DAY) for d in days]

    def test_recapture_newer_second(self):
        """The older one is the duplicate, although it stood first."""
        one = self.check_one(list_of("mmd", self.recaptures((0, 30))), 0)
        self.assert_counts(one, 2, 1, 0, 1)
        self.assertEqual(found(one), [(2, None, INFO, "duplicate")])

    def test_recapture_newer_first(self):
        one = self.check_one(list_of("mmd", self.recaptures((30, 0))), 0)
        self.assert_counts(one, 2, 1, 0, 1)
        self.assertEqual(found(one), [(3, None, INFO, "duplicate")])

    def test_conflict(self):
        """Two machines under one serial number: neither counts, and both places are named."""
        clones = [made("TEST-CLONE", machine=m) for m in ("one", "two")]
        one = self.check_one(list_of("mmd", [clones[0], device(1), clones[1]]), 3)
        self.assert_counts(one, 3, 1, 2)
        self.assertEqual(codes(one), {"conflict"})
        self.assertTrue(all(f["severity"] == ERROR for f in one["findings"]))
        said = " ".join(f"line {f['line']} {f['message']}" for f in one["findings"])
        self.assertRegex(said, r"\b2\b")
        self.assertRegex(said, r"\b4\b")

    def test_conflict_of_three(self):
        clones = [made("TEST-CLONE", machine=m) for m in ("one", "two", "three")]
        one = self.check_one(list_of("mmd", clones), 1)
        self.assert_counts(one, 3, 0, 3)

    def test_conflict_across_lists(self):
        a, b = (self.write_list(f"{m}.csv", "mmd", [made("TEST-CLONE", machine=m), device(n)])
                for n, m in enumerate(("one", "two")))
        report = self.check(a, b, code=3)
        self.assertEqual((report["devices"], report["refused"]), (2, 2))
        for one in report["lists"]:
            self.assert_counts(one, 2, 1, 1)

    def test_shared_uuid(self):
        twins = [made(s, machine="one") for s in ("TEST-TWIN-1", "TEST-TWIN-2")]
        one = self.check_one(list_of("mmd", twins), 0)
        self.assert_counts(one, 2, 2, 0)
        self.assertEqual([f[2:] for f in found(one)], [(WARNING, "shared-identity")])


# Format as written, its id in the report, devices of three rows, codes, exit status.
FORMAT_IDS = (
    ("autopilotinfo", "autopilotinfo", 3, set(), 0),
    ("autopilotinfo+tag", "autopilotinfo+tag", 3, set(), 0),
    ("intune", "intune", 3, set(), 0),
    ("autopilotinfo-partner", "partner-center", 3, {"filled"}, 0),
    ("autopilotinfo-partner-force", "partner-center", 3, set(), 0),
    ("partner-center", "partner-center", 3, set(), 0),
    ("mmd", "mmd", 3, set(), 0),
    ("mmd-partner-old", "mmd-partner-old", 3, set(), 0),
    ("configmgr-mmd", "configmgr-mmd", 3, set(), 0),
    ("configmgr-builtin", "configmgr-builtin", 3, set(), 0),
    ("msfb", "autopilotinfo", 3, set(), 0),
    ("orderid-old", "orderid-old", 3, set(), 0),
    ("headerless-pc", "headerless-pc", 3, set(), 0),
    ("serials", "serials", 0, {"no-identity"}, 1),
)


class Formats(CheckCase):
    def test_known(self):
        for name, want, devices, want_codes, code in FORMAT_IDS:
            with self.subTest(name):
                one = self.check_one(list_of(name, [device(n) for n in range(3)]), code)
                self.assertEqual((one["format"], one["encoding"], one["delimiter"]),
                                 (want, "utf-8", ","))
                self.assert_counts(one, 3, devices, 3 - devices)
                self.assertEqual(codes(one), want_codes)

    def test_corporate_identifiers(self):
        """Three columns without a heading: who sent them has to say what they are."""
        one = self.check_one(list_of("corp-id", [device(n) for n in range(3)]), 1)
        self.assertEqual((one["format"], one["devices"]), ("corp-id", 0))
        self.assertEqual(found(one), [(1, None, ERROR, "columns-unknown")])

    def test_no_heading(self):
        cells = [FORMATS["mmd"].cells(device(n)) for n in range(3)]
        one = self.check_one(list_bytes(cells), 0)
        self.assertEqual(one["format"], "mmd")
        self.assert_counts(one, 3, 3, 0)
        self.assertEqual(found(one), [(1, None, WARNING, "heading-missing")])

    def test_heading_folds(self):
        rows = [["MANUFACTURER_2", '"model"', " serial-number ", "hardware.hash1"],
                FORMATS["mmd"].cells(device(1))]
        one = self.check_one(list_bytes(rows), 0)
        self.assert_counts(one, 1, 1, 0)

    def test_columns_of_ones_own(self):
        for known, want in (("PKID", "other"), ("Floor", "mmd-partner-old")):
            with self.subTest(known):
                rows = [["Room", "Serial Number", known, "Make", "Model"],
                        ["12", "TEST1", "3300000000000", "Contoso", "Contoso Book 14"]]
                one = self.check_one(list_bytes(rows), 0)
                self.assertEqual((one["format"], one["devices"]), (want, 1))

    def test_column_twice(self):
        one = self.check_one("Model,Serial Number,Model,Hardware Hash\na,b,c,d\n", 1)
        self.assertEqual(found(one), [(1, None, ERROR, "columns-unknown")])

    def test_columns_unknown(self):
        one = self.check_one("Asset,Colour,Room,Owner\nA1,red,12,bob\n", 1)
        self.assertEqual(found(one), [(1, None, ERROR, "columns-unknown")])


class Text(CheckCase):
    """Encodings, delimiters, line ends, quotes."""

    devices = [device(1)._replace(model="Contoso Café"), device(2)]

    def check_text(self, content, encoding="utf-8", delimiter=","):
        one = self.check_one(content, 0)
        self.assertEqual((one["encoding"], one["delimiter"]), (encoding, delimiter))
        self.assert_counts(one, 2, 2, 0)
        self.assertEqual(found(one), [(2, MODEL, WARNING, "model-mismatch")])
        self.assertIn("Café", one["findings"][0]["message"])

    def test_encodings(self):
        for made_in, want in (("utf-8", "utf-8"), ("utf-8-bom", "utf-8-bom"),
                              ("utf-16le", "utf-16le"), ("utf-16le-no-bom", "utf-16le"),
                              ("utf-16be", "utf-16be"), ("windows-1252", "windows-1252")):
            with self.subTest(made_in):
                self.check_text(list_of("mmd", self.devices, made_in), encoding=want)

    def test_delimiters(self):
        for delimiter in ",;\t|":
            with self.subTest(delimiter):
                self.check_text(list_of("mmd", self.devices, delimiter=delimiter),
                                delimiter=delimiter)

    def test_line_ends(self):
        for eol in ("\n", "\r\n", "\r"):
            with self.subTest(repr(eol)):
                self.check_text(list_of("mmd", self.devices, eol=eol))

    def test_quotes(self):
        for quote in ("none", "minimal", "all"):
            with self.subTest(quote):
                self.check_text(list_of("mmd", self.devices, quote=quote))

    def test_directives_are_lines_but_no_rows(self):
        for directive, delimiter in (("sep=;", ";"), ("#TYPE Selected.System.Object", ",")):
            with self.subTest(directive):
                content = text_bytes(directive + "\r\n")
                bad = device(1)._replace(hash="")
                content += list_of("autopilotinfo", [device(2), bad], delimiter=delimiter)
                one = self.check_one(content, 3)
                self.assert_counts(one, 2, 1, 1)
                self.assertEqual(found(one), [(4, None, ERROR, "no-identity")])

    def test_nul_tail(self):
        one = self.check_one(list_of("mmd", [device(1), device(2)]) + b"\0" * 5000, 0)
        self.assert_counts(one, 2, 2, 0)
        self.assertEqual([f[2:] for f in found(one)], [(WARNING, "encoding-cut")])

    def test_end_of_file_mark(self):
        one = self.check_one(list_of("mmd", [device(1), device(2)]) + b"\x1a", 0)
        self.assertEqual(found(one), [])

    def test_utf16_behind_bytes(self):
        one = self.check_one(make_samples.mixed_append(), 1)
        self.assertIn((ERROR, "encoding-mixed"), [f[2:] for f in found(one)])

    def test_two_encodings_of_bytes(self):
        content = list_of("mmd", self.devices) + list_of("mmd", self.devices, "windows-1252")
        self.assertIn((ERROR, "encoding-mixed"), [f[2:] for f in found(self.check_one(content, 1))])


class Files(CheckCase):
    """What makes a file no list, while the others are still done."""

    def assert_no_list(self, name, want, beside=True):
        good = self.write_list("good.csv", "mmd", [device(1)])
        report = self.check(name, *([good] if beside else []), code=1)
        bad = report["lists"][0]
        self.assert_counts(bad, 0, 0, 0)
        self.assertEqual(found(bad), [(1, None, ERROR, want)])
        self.assertEqual(report["devices"], 1 if beside else 0)

    def test_workbook(self):
        self.assert_no_list(self.write("a.xlsx", make_samples.workbook()), "not-a-list")

    def test_workbook_alone(self):
        name = self.write("a.csv", make_samples.workbook())
        self.assert_no_list(name, "not-a-list", beside=False)

    def test_page(self):
        self.assert_no_list(self.write("a.csv", "<!DOCTYPE html><html><body>"), "not-a-list")

    def test_json(self):
        self.assert_no_list(self.write("a.csv", '{"CloudAssignedTenantId": "x"}'), "not-a-list")

    def test_empty(self):
        self.assert_no_list(self.write("a.csv", ""), "list-empty")

    def test_heading_only(self):
        self.assert_no_list(self.write_list("a.csv", "mmd", []), "list-empty")

    def test_missing(self):
        self.assert_no_list("nowhere.csv", "unreadable")

    def test_bad_file_and_bad_rows(self):
        """A file that is no list outweighs rows that were refused."""
        empty = device(2)._replace(hash="", model="")
        rows = self.write_list("rows.csv", "mmd", [device(1), empty])
        report = self.check("nowhere.csv", rows, code=1)
        self.assertEqual((report["devices"], report["refused"]), (1, 1))

    def test_standard_input(self):
        result = self.autoreg("check", "--json", "-", stdin=list_of("mmd", [device(1)]))
        self.assertEqual(result.code, 0)
        self.assertEqual(json.loads(result.out)["devices"], 1)

    def test_oa3_report(self):
        one = self.check_one(make_samples.oa3_unit(), 0, "unit.xml")
        self.assertEqual(one["format"], "oa3-xml")
        self.assert_counts(one, 1, 1, 0)


class Generated(CheckCase):
    """Every mistake that the generator makes, a hundred of them in a list, is found in its row."""

    def test_defects(self):
        for name in FORMATS.keys() - {"serials", "corp-id"}:
            with self.subTest(name):
                make_list.main(["--format", name, "--rows", "400", "--defects", "30",
                                "--duplicates", "9", "--seed", "7", "-o", str(self.folder / "a.csv"),
                                "--expect", str(self.folder / "expect")])
                with (self.folder / "expect").open(encoding="ascii") as lines:
                    expected = {(e["line"], e["code"]) for e in map(json.loads, lines)}
                one = self.check("a.csv", code=3)["lists"][0]
                told = {(f["line"], f["code"]) for f in one["findings"]}
                self.assertEqual(expected - told, set())
                self.assertEqual({f["line"] for f in one["findings"] if f["severity"] == ERROR} -
                                 {line for line, _ in expected}, set())


class Usage(CheckCase):
    def assert_usage(self, *args):
        result = self.autoreg(*args)
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertTrue(result.err)

    def test_no_list(self):
        self.assert_usage("check")

    def test_unknown_option(self):
        self.assert_usage("check", "--nonsense", "a.csv")

    def test_json_error(self):
        result = self.autoreg("--json", "check")
        self.assertEqual(result.code, 2)
        error = json.loads(result.out)["error"]
        self.assertTrue(error["code"] and error["message"] and error["advice"])


class Words(CheckCase):
    """The report for people."""

    line = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+): (?P<severity>error|warning|info): "
                      r"(?P<message>.+) \((?P<code>[a-z0-9-]+)\)$", re.MULTILINE)

    def test_finding_and_advice(self):
        name = self.write_list("a.csv", "mmd",
                               [device(1), device(2)._replace(hash=device(2).hash[:256])])
        result = self.autoreg("check", name)
        self.assertEqual(result.code, 3)
        (m,) = self.line.finditer(result.out)
        self.assertEqual(m.group("file", "line", "severity", "code"),
                         ("a.csv", "3", ERROR, "hash-truncated"))
        advice = result.out[m.end():].splitlines()[1]
        self.assertRegex(advice, r"^\s+\S")

    def test_good_list_has_no_finding(self):
        result = self.autoreg("check", self.write_list("a.csv", "mmd", [device(1)]))
        self.assertEqual(result.code, 0)
        self.assertIsNone(self.line.search(result.out))

    def test_twenty_of_a_kind(self):
        spoiled = [device(n)._replace(hash=device(n).hash[:256]) for n in range(25)]
        names = [self.write_list(f"{n}.csv", "mmd", [device(100 + n), *spoiled]) for n in (1, 2)]
        for args, want in (((), 20), (("-v",), 25)):
            with self.subTest(args):
                result = self.autoreg("check", *args, *names)
                self.assertEqual(result.code, 3)
                for name in names:
                    lines = [m for m in self.line.finditer(result.out) if m["file"] == name]
                    self.assertEqual(len(lines), want)

    def test_text_from_a_list_cannot_forge_lines(self):
        name = self.write_list("a.csv", TUPLES,
                               [device(1), device(2)._replace(model="", serial="x\x1b[2Jy\nz")],
                               quote="minimal")
        result = self.autoreg("check", name)
        self.assertNotIn("\x1b", result.out + result.err)


# Sample, exit status, format, encoding, delimiter, rows/devices/refused/duplicates, codes.
# None: not to be told of such a file.
SAMPLES = (
    ("clones-conflict.csv", 3, "mmd", "utf-8", ",", (4, 2, 2, 0), {"conflict"}),
    ("contoso-partner-template.csv", 3, "partner-center", "utf-8", ",", (6, 3, 3, 0),
     {"sample-data"}),
    ("contoso-portal-template.csv", 3, "mmd", "utf-8", ",", (4, 3, 1, 0),
     {"sample-data", "whitespace"}),
    ("contoso-script-utf16.csv", 0, "autopilotinfo", "utf-16le", ",", (5, 5, 0, 0), set()),
    ("corporate-identifiers.csv", 1, "corp-id", "utf-8", ",", (0, 0, 0, 0), {"columns-unknown"}),
    ("cut-copy.csv", 3, "mmd", "utf-8", ",", (4, 3, 1, 0), {"hash-truncated"}),
    ("excel-damaged.csv", 3, "partner-center", "utf-8", ",", (3, 1, 2, 0),
     {"excel-damage", "leading-zeros"}),
    ("excel-sep-hint.csv", 0, "mmd", "utf-8", ";", (3, 3, 0, 0), set()),
    ("excel-unicode-tab.csv", 0, "partner-center", "utf-16le", "\t", (3, 3, 0, 0), set()),
    ("fabrikam-builtin-report.csv", 0, "configmgr-builtin", "utf-8-bom", ",", (4, 4, 0, 0), set()),
    ("fabrikam-configmgr-report.csv", 0, "configmgr-mmd", "utf-8-bom", ",", (4, 3, 0, 1),
     {"duplicate"}),
    ("factory-line.csv", 0, "other", "utf-8", ",", (5, 5, 0, 0), set()),
    ("header-only.csv", 1, "autopilotinfo", "utf-16le", ",", (0, 0, 0, 0), {"list-empty"}),
    ("headerless-lenovo.csv", 0, "headerless-pc", "utf-8", ",", (4, 4, 0, 0), set()),
    ("intune-tags.csv", 0, "intune", "utf-8", ",", (3, 3, 0, 0), set()),
    ("merged-shapes.csv", 3, "autopilotinfo", "utf-8", ",", (5, 4, 1, 0), {"header-row"}),
    ("merged-twice.csv", 0, "autopilotinfo", "utf-16le", ",", (6, 3, 0, 3), {"duplicate"}),
    ("mixed-append.csv", 1, "autopilotinfo", None, ",", None, {"encoding-mixed"}),
    ("oa3-unit-0001.xml", 0, "oa3-xml", "utf-8", None, (1, 1, 0, 0), set()),
    ("oa3-unit-0002-utf16.xml", 0, "oa3-xml", "utf-16le", None, (1, 1, 0, 0), set()),
    ("old-mac-cr.csv", 0, "mmd", "utf-8", ",", (3, 3, 0, 0), set()),
    ("orderid-old.csv", 0, "orderid-old", "utf-16le", ",", (3, 3, 0, 0), set()),
    ("quoted-export-csv.csv", 0, "autopilotinfo", "utf-8", ",", (3, 3, 0, 0), set()),
    ("serials-only.txt", 1, "serials", "utf-8", None, (6, 0, 6, 0), {"no-identity"}),
    ("supplier-semicolon-1252.csv", 0, "mmd", "windows-1252", ";", (3, 3, 0, 0), set()),
    ("usb-pulled.csv", 0, "mmd", "utf-8", ",", (3, 3, 0, 0), {"encoding-cut"}),
    ("workbook.xlsx", 1, None, None, None, (0, 0, 0, 0), {"not-a-list"}),
)


class Samples(CheckCase):
    lists = pathlib.Path(make_samples.LISTS)

    def test_are_what_the_script_makes(self):
        self.assertEqual(sorted(p.name for p in self.lists.iterdir()), sorted(make_samples.SAMPLES))
        for name, make in make_samples.SAMPLES.items():
            with self.subTest(name):
                self.assertTrue((self.lists / name).read_bytes() == make())

    def test_every_sample_has_a_row_here(self):
        self.assertEqual({row[0] for row in SAMPLES}, set(make_samples.SAMPLES))


def sample_test(name, code, format_id, encoding, delimiter, counts, want_codes):
    def test(self):
        one = self.check(self.lists / name, code=code)["lists"][0]
        wanted = {"format": format_id, "encoding": encoding, "delimiter": delimiter}
        for member, want in wanted.items():
            if want is not None:
                self.assertEqual(one[member], want)
        if counts:
            self.assert_counts(one, *counts)
        self.assertEqual(codes(one), want_codes)
    return test


for sample_name, *sample_case in SAMPLES:
    setattr(Samples, "test_" + re.sub(r"\W", "_", sample_name),
            sample_test(sample_name, *sample_case))


if __name__ == "__main__":
    unittest.main()
