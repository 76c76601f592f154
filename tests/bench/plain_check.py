#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The script that one would write instead of autoreg: the yardstick of the benchmark.

Reads a list with the headings of the admin portal, proves every hash, compares the serial number,
drops repeated devices, and writes the columns in the order of Partner Center.
"""

import base64
import csv
import hashlib
import struct
import sys


def serial_in(text):
    """The serial number that a whole hash holds; ValueError if it is not whole."""
    blob = base64.b64decode(text, validate=True)
    total = struct.unpack_from("<H", blob, 2)[0]
    if blob[:2] != b"OA" or len(blob) < total + 36 or blob[total:total + 4] != b"CS\x24\0":
        raise ValueError("not a whole hash")
    if hashlib.sha256(blob[:total]).digest() != blob[total + 4:total + 36]:
        raise ValueError("checksum")
    at, serial = 4, b""
    while at < total:
        kind, length = struct.unpack_from("<HH", blob, at)
        if length < 4 or at + length > total:
            raise ValueError("record")
        if kind == 14:
            serial = blob[at + 4:at + length - 1]
        at += length
    return serial.decode()


def main(path):
    seen = set()
    out = csv.writer(sys.stdout)
    with open(path, newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            serial, hardware_hash = row["Serial Number"], row["Hardware Hash"]
            if serial_in(hardware_hash) != serial:
                raise ValueError(serial)
            if serial in seen:
                continue
            seen.add(serial)
            out.writerow((serial, "", hardware_hash, row["Manufacturer"], row["Model"]))


if __name__ == "__main__":
    main(sys.argv[1])
