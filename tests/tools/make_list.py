#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes device lists: any format, any size, synthetic, and the same bytes for the same arguments.

A list of a million rows is 4 GB, so rows are made one by one, and a row costs little: one inventory
in ROWS_PER_TEMPLATE is encoded in full; the others are copies of it with serial number, product id,
UUID and TPM key exchanged and the checksum computed again. Every hash is whole unless a defect was
asked for.
"""

import argparse
import base64
import functools
import hashlib
import itertools
import json
import os
import random
import struct
import sys
from typing import Callable, NamedTuple

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hash_encoder import encode_hash  # noqa: E402

HASH_BYTES = 3000
CHECKSUM_HEAD = b"CS\x24\x00"
CHECKSUM_BYTES = 36
COLLECTED = 1741064767  # 2025-03-04T05:06:07Z
ROWS_PER_TEMPLATE = 1000
ROWS_PER_WRITE = 16

PRODUCTS = (
    ("Contoso", "Contoso Book 14"),
    ("Fabrikam", "Fabrikam Tab 10"),
    ("Contoso", "Contoso Tower 3"),
    ("Fabrikam", "Fabrikam Station 500"),
)
GROUP_TAG = "Microsoft365Managed_Autopilot"


class Device(NamedTuple):
    """The canonical record, by the words of --columns."""
    serial: str
    product_id: str
    hash: str
    manufacturer: str
    model: str
    tag: str = GROUP_TAG
    user: str = ""


# --- hardware hashes -----------------------------------------------------------------------------

def hardware_hash(serial, manufacturer, model, product_id="3300000000000", machine=None,
                  collected=COLLECTED):
    """The hash of a made-up device. machine: whatever UUID and TPM key are derived from instead of
    the serial number; two captures of one device differ in collected alone."""
    text = encode_hash({"serial": serial, "manufacturer": manufacturer, "model": model,
                        "product_id": product_id, "collected": collected})
    return with_machine(text, machine) if machine else text


def machine_identity(machine):
    """UUID (version 4) and TPM key (256 bytes, top bit set, odd) that follow from a name."""
    digest = hashlib.sha256(machine.encode()).digest()
    uuid = digest[:7] + b"\x4a\x8b" + digest[7:14]
    return uuid, b"\xc1" + digest[:31] + b"\x5a" * 223 + b"\x01"


def unpack(text):
    """The bytes of a hash and the offset of its checksum record."""
    blob = base64.b64decode(text)
    return bytearray(blob), struct.unpack_from("<H", blob, 2)[0]


def record_payloads(blob, total):
    """The offset of each record's payload, by type; the first of a kind."""
    at, found = 4, {}
    while at < total:
        kind, length = struct.unpack_from("<HH", blob, at)
        found.setdefault(kind, at + 4)
        at += length
    return found


def with_machine(text, machine):
    blob, total = unpack(text)
    at = record_payloads(blob, total)
    uuid, ek = machine_identity(machine)
    for offset, value in ((at[12], uuid), (at[25], ek), (at[11] + 10, hashlib.sha256(ek).digest())):
        blob[offset:offset + len(value)] = value
    return sealed(blob, total)


def sealed(blob, total):
    """The text of a hash whose records were changed, whole again."""
    blob[total + 4:total + CHECKSUM_BYTES] = hashlib.sha256(blob[:total]).digest()
    return base64.b64encode(blob).decode("ascii")


class HashTemplate:
    """A hash in pieces: what stays is bytes, what differs from device to device is a gap."""

    def __init__(self, text):
        blob, total = unpack(text)
        at = record_payloads(blob, total)
        gaps = sorted([(at[14], len(serial_of(0)), "serial"), (at[24], 13, "product_id"),
                       (at[12], 16, "uuid"), (at[25], 256, "ek"), (at[11] + 10, 32, "ek_digest")])
        self.order = [name for _, _, name in gaps]
        self.pieces = []
        start = 0
        for offset, length, _ in gaps:
            self.pieces.append(bytes(blob[start:offset]))
            start = offset + length
        self.pieces.append(bytes(blob[start:total]))
        used = total + CHECKSUM_BYTES
        self.to_group = b"\0" * (-used % 3)
        self.padding = "A" * ((HASH_BYTES - used) // 3 * 4)

    def text(self, serial, product_id, machine):
        uuid, ek = machine_identity(machine)
        value = {"serial": serial.encode(), "product_id": product_id.encode(), "uuid": uuid,
                 "ek": ek, "ek_digest": hashlib.sha256(ek).digest()}
        parts = [self.pieces[0]]
        for name, piece in zip(self.order, self.pieces[1:]):
            parts += (value[name], piece)
        body = b"".join(parts)
        blob = b"".join((body, CHECKSUM_HEAD, hashlib.sha256(body).digest(), self.to_group))
        return base64.b64encode(blob).decode("ascii") + self.padding


def serial_of(n):
    return f"TEST{n:08d}"


def numeric_serial_of(n):
    """One that a spreadsheet takes for a number, as long as the others: it has to fit the gap."""
    return f"00{7100000000 + n:010d}"


@functools.lru_cache(maxsize=4)
def template(block, seed):
    manufacturer, model = PRODUCTS[block % len(PRODUCTS)]
    return HashTemplate(hardware_hash(serial_of(block), manufacturer, model,
                                      collected=COLLECTED + 60 * block))


def device(n, seed=1, serial=None):
    """The n-th device of a seed."""
    block = n // ROWS_PER_TEMPLATE
    manufacturer, model = PRODUCTS[block % len(PRODUCTS)]
    serial = serial or serial_of(n)
    product_id = f"33{n:011d}"
    text = template(block, seed).text(serial, product_id, f"{seed}/{n}")
    return Device(serial, product_id, text, manufacturer, model)


# --- formats -------------------------------------------------------------------------------------

class Format(NamedTuple):
    """What a producer writes: lines before the data, and the columns; '' is one that it leaves
    empty, and what begins with '=' is a constant."""
    before: tuple
    columns: tuple

    def cells(self, dev):
        return [c[1:] if c.startswith("=") else getattr(dev, c) if c else "" for c in self.columns]


def headed(heading, columns):
    return Format((tuple(heading.split(",")),), tuple(columns.split(",")))


SCRIPT = "Device Serial Number,Windows Product ID,Hardware Hash"
PARTNER = SCRIPT + ",Manufacturer name,Device model"
FORMATS = {
    "autopilotinfo": headed(SCRIPT, "serial,,hash"),
    "autopilotinfo+tag": headed(SCRIPT + ",Group Tag", "serial,,hash,tag"),
    "intune": headed(SCRIPT + ",Group Tag,Assigned User", "serial,,hash,tag,user"),
    "autopilotinfo-partner": headed(PARTNER, "serial,,hash,,"),
    "autopilotinfo-partner-force": headed(PARTNER, "serial,,,manufacturer,model"),
    "partner-center": headed(
        "Device serial number,Windows product ID,Hardware hash,Manufacturer name,Device model",
        "serial,product_id,hash,manufacturer,model"),
    "mmd": headed("Manufacturer,Model,Serial Number,Hardware Hash",
                  "manufacturer,model,serial,hash"),
    "mmd-partner-old": headed("Manufacturer,Model,Serial Number", "manufacturer,model,serial"),
    "configmgr-mmd": headed("Manufacturer,Model,Serial_Number,HardwareHash",
                            "manufacturer,model,serial,hash"),
    "configmgr-builtin": Format(
        (("Textbox2",), ("Windows Autopilot Device Information",), ("",),
         ("Textbox5", "Textbox6", "Textbox7", "Serial_Number", "Product_ID", "Device_Hash")),
        ("=Device Serial Number", "=Windows Product ID", "=Hardware Hash",
         "serial", "product_id", "hash")),
    "msfb": headed(SCRIPT, "serial,product_id,hash"),
    "orderid-old": headed(SCRIPT + ",OrderID", "serial,,hash,tag"),
    "headerless-pc": Format((), ("serial", "", "", "manufacturer", "model")),
    "serials": Format((), ("serial",)),
    "corp-id": Format((), ("manufacturer", "model", "serial")),
}
OA3 = "oa3-xml"


def oa3_report(dev, product_key=None):
    """What OA3Tool says about one unit."""
    key = f"  <ProductKey>{product_key}</ProductKey>\r\n" if product_key else ""
    return ('<?xml version="1.0"?>\r\n<Key>\r\n' + key +
            f"  <ProductKeyID>{dev.product_id}</ProductKeyID>\r\n"
            "  <ProductKeyState>3</ProductKeyState>\r\n"
            f"  <HardwareHash>{dev.hash}</HardwareHash>\r\n</Key>\r\n")


# --- text ----------------------------------------------------------------------------------------

ENCODINGS = {  # name: byte order mark, Python's codec
    "utf-8": (b"", "utf-8"),
    "utf-8-bom": (b"\xef\xbb\xbf", "utf-8"),
    "utf-16le": (b"\xff\xfe", "utf-16-le"),
    "utf-16le-no-bom": (b"", "utf-16-le"),
    "utf-16be": (b"\xfe\xff", "utf-16-be"),
    "windows-1252": (b"", "cp1252"),
}
LINE_ENDS = {"crlf": "\r\n", "lf": "\n", "cr": "\r"}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"'


def quoter(style, delimiter):
    """One row of cells as text. none: as the scripts write, whatever the cell holds; minimal:
    RFC 4180; all: as Export-Csv."""
    special = frozenset(delimiter + '"\r\n')

    def when_needed(cell):
        return cell if special.isdisjoint(cell) else quoted(cell)

    if style == "none":
        return delimiter.join
    quote = quoted if style == "all" else when_needed
    return lambda cells: delimiter.join([quote(c) for c in cells])


def text_bytes(text, encoding="utf-8"):
    mark, codec = ENCODINGS[encoding]
    return mark + text.encode(codec)


def list_text(rows, eol="\r\n", delimiter=",", quote="none"):
    line = quoter(quote, delimiter)
    return "".join(line(cells) + eol for cells in rows)


def list_bytes(rows, encoding="utf-8", **dialect):
    """A whole list from its rows of cells, headings included."""
    return text_bytes(list_text(rows, **dialect), encoding)


def list_of(format_name, devices, encoding="utf-8", **dialect):
    """A whole list of some devices as its producer writes it."""
    shape = FORMATS[format_name]
    return list_bytes([*shape.before, *(shape.cells(d) for d in devices)], encoding, **dialect)


# --- defects -------------------------------------------------------------------------------------

def with_broken_record(text):
    """The second record says that it is empty, which no record is: it has a head."""
    blob, _ = unpack(text)
    first = struct.unpack_from("<H", blob, 6)[0]
    struct.pack_into("<H", blob, 4 + first + 2, 0)
    return base64.b64encode(blob).decode("ascii")


def with_wrong_checksum(text):
    blob, total = unpack(text)
    blob[total + CHECKSUM_BYTES - 1] ^= 0x01
    return base64.b64encode(blob).decode("ascii")


def legacy_hash(serial):
    """128 bytes without any structure, as Windows 10 1703 and earlier gave them."""
    return base64.b64encode(hashlib.sha256(serial.encode()).digest() * 4).decode("ascii")


class Defect(NamedTuple):
    """One of the mistakes that people make. needs: the columns it can be made in; without: the
    columns that would give it another outcome."""
    code: str
    needs: str
    without: str
    spoil: Callable  # Device -> the columns that change


DEFECTS = (
    Defect("hash-not-base64", "hash", "", lambda d: {"hash": d.hash[:700] + "#" + d.hash[701:]}),
    Defect("hash-not-oa", "hash", "", lambda d: {"hash": "QUJD" + d.hash[4:]}),
    Defect("hash-truncated", "hash", "", lambda d: {"hash": d.hash[:255]}),
    Defect("hash-malformed", "hash", "", lambda d: {"hash": with_broken_record(d.hash)}),
    Defect("hash-checksum", "hash", "", lambda d: {"hash": with_wrong_checksum(d.hash)}),
    Defect("hash-legacy", "hash", "", lambda d: {"hash": legacy_hash(d.serial)}),
    Defect("hash-noncanonical", "hash", "", lambda d: {"hash": d.hash[:3600]}),
    Defect("serial-mismatch", "hash serial", "", lambda d: {"serial": "OTHER" + d.serial[5:]}),
    Defect("manufacturer-mismatch", "hash manufacturer", "",
           lambda d: {"manufacturer": "Northwind"}),
    Defect("model-mismatch", "hash model", "", lambda d: {"model": "Northwind Lamp"}),
    Defect("product-id-mismatch", "hash product_id", "", lambda d: {"product_id": "9" * 13}),
    Defect("bad-product-id", "hash product_id", "", lambda d: {"product_id": "12345"}),
    Defect("product-key", "product_id", "",
           lambda d: {"product_id": "ABCDE-FGHJK-LMNPQ-RTVWX-YZ234"}),
    Defect("sample-data", "manufacturer", "", lambda d: {"manufacturer": "SpiralOrbit"}),
    Defect("excel-damage", "serial", "", lambda d: {"serial": "1.23457E+11"}),
    Defect("whitespace", "serial", "", lambda d: {"serial": d.serial + "  "}),
    Defect("leading-zeros", "hash serial", "", lambda d: {"serial": d.serial.lstrip("0")}),
    Defect("no-identity", "serial hash", "manufacturer product_id", lambda d: {"hash": ""}),
    Defect("no-identity", "serial model", "hash product_id", lambda d: {"model": ""}),
    Defect("placeholder-serial", "serial model", "hash", lambda d: {"serial": "Default string"}),
)
HEADER_ROW = "header-row"
COLUMN_COUNT = "column-count"


def defects_for(shape):
    """The defects that a format has the columns for; those of whole rows are just codes."""
    have = set(shape.columns)
    defects = [d for d in DEFECTS if have.issuperset(d.needs.split()) and
               have.isdisjoint(d.without.split())]
    if len(shape.before) == 1:  # a report with a preamble has all kinds of rows among its data
        defects += [HEADER_ROW, COLUMN_COUNT]
    return defects


def spoiled(shape, defect, n, seed):
    """The cells of the n-th row with a defect in it, and the code it ought to be found by."""
    if defect == HEADER_ROW:
        return list(shape.before[-1]), HEADER_ROW
    if defect == COLUMN_COUNT:
        return [*shape.cells(device(n, seed)), "Inc."], COLUMN_COUNT
    serial = numeric_serial_of(n) if defect.code == "leading-zeros" else None
    dev = device(n, seed, serial)
    return shape.cells(dev._replace(**defect.spoil(dev))), defect.code


# --- the generator -------------------------------------------------------------------------------

def rows_of(shape, args, expect):
    """All rows as cells. expect(line, code) is told of each that is not a good new device."""
    chance = random.Random(args.seed)
    defects = defects_for(shape)
    bad = set()
    line = len(shape.before)
    yield from shape.before
    for n in range(args.rows):
        line += 1
        if defects and args.defects and chance.random() * 100 < args.defects:
            cells, code = spoiled(shape, chance.choice(defects), n, args.seed)
            bad.add(n)
            expect(line, code)
        else:
            cells = shape.cells(device(n, args.seed))
        yield cells
    good = args.rows - len(bad)
    for _ in range(args.duplicates if good else 0):
        n = next(n for n in iter(lambda: chance.randrange(args.rows), None) if n not in bad)
        line += 1
        expect(line, "duplicate")
        yield shape.cells(device(n, args.seed))


def write_list(out, args, expect):
    mark, codec = ENCODINGS[args.encoding]
    eol = LINE_ENDS[args.eol]
    line = quoter(args.quote, DELIMITERS[args.delimiter])
    rows = rows_of(FORMATS[args.format], args, expect)
    out.write(mark)
    while chunk := list(itertools.islice(rows, ROWS_PER_WRITE)):
        out.write((eol.join(map(line, chunk)) + eol).encode(codec))


def parse_args(argv):
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--rows", type=int, default=10)
    p.add_argument("--format", choices=[*FORMATS, OA3], default="autopilotinfo")
    p.add_argument("--encoding", choices=ENCODINGS, default="utf-8")
    p.add_argument("--eol", choices=LINE_ENDS, default="crlf")
    p.add_argument("--quote", choices=("none", "minimal", "all"), default="none")
    p.add_argument("--delimiter", choices=DELIMITERS, default="comma")
    p.add_argument("--defects", type=float, default=0, metavar="PERCENT",
                   help="rows that are spoiled, each in one way")
    p.add_argument("--expect", metavar="FILE",
                   help="one JSON line {line, code} for each spoiled or repeated row")
    p.add_argument("--duplicates", type=int, default=0, metavar="N",
                   help="rows added at the end that repeat good ones")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("-o", dest="output", default="-", metavar="FILE")
    args = p.parse_args(argv)
    if args.format == OA3 and (args.rows != 1 or args.defects or args.duplicates):
        p.error("an OA3 report is about one whole unit: --rows 1, no defects, no duplicates")
    return args


def main(argv=None):
    args = parse_args(argv)
    with open(sys.stdout.fileno() if args.output == "-" else args.output, "wb",
              closefd=args.output != "-") as out, \
         open(args.expect or os.devnull, "w", encoding="ascii") as expected:
        if args.format == OA3:
            out.write(text_bytes(oa3_report(device(0, args.seed)), args.encoding))
        else:
            write_list(out, args, lambda line, code: expected.write(
                json.dumps({"line": line, "code": code}) + "\n"))


if __name__ == "__main__":
    main()
