#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes synthetic hardware hashes, from the description of the format alone.

The second, independent writer next to tests/unit/hash_build.c: the C reader has to agree with both.
Everything about a device that the caller does not say follows from its serial number, so the
same input gives the same hash on every machine.

usage: hash_encoder.py [--serial S] [--manufacturer M] [--model M] [--uuid U] [--product-id P]
                       [--collected UNIX_S] [--no-tpm]
       hash_encoder.py --vectors   prints tests/data/hash_vectors.txt
"""

import argparse
import base64
import hashlib
import struct
import uuid as uuids

HASH_BYTES = 3000
EPOCH_2000 = 946684800


def u8(n):
    return struct.pack("<B", n)


def u16(*n):
    return struct.pack(f"<{len(n)}H", *n)


def u32(n):
    return struct.pack("<I", n)


def u64(*n):
    return struct.pack(f"<{len(n)}Q", *n)


def record(kind, payload):
    return u16(kind, 4 + len(payload)) + payload


def text(kind, value):
    return record(kind, value.encode() + b"\0")


def chance(device, what, length):
    """Bytes that only the device's serial number and the name of a purpose decide."""
    out = b""
    while len(out) < length:
        out += hashlib.sha256(f"{device['serial']}|{what}|{len(out)}".encode()).digest()
    return out[:length]


def pick(device, what, choices):
    return choices[chance(device, what, 1)[0] % len(choices)]


PROCESSORS = (
    # cores, threads, brand, (efficiency class, cores, threads) of hybrid ones
    (4, 8, "Example(R) Core(TM) E5-8250 CPU @ 1.60GHz", ()),
    (8, 16, "Example Ryzen 7 PRO 5850 with Graphics", ()),
    (12, 16, "12th Gen Example(R) Core(TM) E7-1260P", ((1, 4, 8), (0, 8, 8))),
    (14, 20, "13th Gen Example(R) Core(TM) E7-1370H", ((1, 6, 12), (0, 8, 8))),
)
DISKS = (
    (256, 17, "EXAMPLE NVME 256GB"),
    (512, 17, "EXAMPLE NVME 512GB OPAL"),
    (1024, 11, "Example SSD 1TB 2.5"),
)
GPUS = (
    "Example Corporation|Example(R) Iris(R) Graphics",
    "Example Micro Devices|Example Radeon(TM) Graphics",
)


def defaults(device):
    d = {
        "manufacturer": "Contoso",
        "model": "Contoso Book 14",
        "uuid": None,  # as text; None: from the serial number; "": no record 12
        "product_id": None,  # None: from the serial number; "": no records 24 and 26
        "collected": 1741064767,  # unix seconds
        "offset_quarters": 4,
        "os_type": 2,
        "family": "Contoso Book",
        "version": "1.0",
        "sku": "CB14_SKU_0001",
        "disks": 1,
        "adapters": 2,
        "gpus": 1,
        "tpm": True,
        "ek": None,  # the TPM's key as hexadecimal; None: from the serial
    }
    d.update(device)
    if d["uuid"] is None:
        d["uuid"] = str(uuids.UUID(bytes=chance(d, "uuid", 16), version=4))
    if d["product_id"] is None:
        d["product_id"] = "330%010d" % (int.from_bytes(chance(d, "product id", 8), "big") % 10**10)
    return d


def system(d):
    build = u16(0, 10, 1, 26100)  # minor, major, revision, build
    return record(1, build + build + u32(d["collected"] - EPOCH_2000)
                  + struct.pack("<bBBB", d["offset_quarters"], d["os_type"], 9, 9))


def processor_and_ram(d):
    cores, threads, brand, classes = pick(d, "processor", PROCESSORS)
    out = record(2, u16(9, 1, cores, threads) + u32(int(threads > cores)))
    if classes:
        out += record(34, u8(len(classes)) + b"".join(u8(c) + u16(n, t) for c, n, t in classes))
    out += record(5, u64(pick(d, "ram", (8, 16, 32)), 64) + u16(2, 1) + u8(3))
    out += text(3, "GenuineExmpl")
    return out + record(4, brand.encode().ljust(48, b"\0"))


def disk_name(d, n):
    model = pick(d, f"disk {n}", DISKS)[2]
    return f"{chance(d, f'disk serial {n}', 6).hex().upper()}|{model}|"


def disks(d):
    out = b""
    for n in range(d["disks"]):
        size, bus, _ = pick(d, f"disk {n}", DISKS)
        out += record(6, u64(size) + u16(bus) + u8(0) + u8(1))
    for n in range(d["disks"]):
        out += record(7, disk_name(d, n).encode())
    return out


def adapters(d):
    kinds = ((9, "PCI"), (10, "BTH"), (14, "PCI"))
    out = b""
    for n in range(d["adapters"]):
        medium, bus = kinds[n % len(kinds)]
        mac = b"\x02" + chance(d, f"mac {n}", 5)  # locally administered: nobody's
        name = (bus + "\0").encode("utf-16-le")
        out += record(8, u32(medium) + mac + u32(len(name)) + name)
    return out


def displays():
    return record(9, u16(344, 193, 1920, 1080) + u32(0x80000000)) + record(27, u16(34, 19))


def tpm_key(d):
    """As RSA-2048 moduli are: top bit set, odd."""
    if d["ek"] is not None:
        return bytes.fromhex(d["ek"])
    key = bytearray(chance(d, "endorsement key", 256))
    key[0] |= 0x80
    key[-1] |= 1
    return bytes(key)


def tpm_and_offline_id(d):
    if not d["tpm"]:
        return record(11, u32(0) + u16(0x0103) + u32(32) + chance(d, "offline id", 32))
    key = tpm_key(d)
    version = "TPM-Version:2.0 -Level:0-Revision:1.59-VendorID:'EXPL'-Firmware:459009.0"
    return (text(13, version) + record(25, key)
            + record(11, u32(0) + u16(0x0001) + u32(32) + hashlib.sha256(key).digest()))


def firmware(d):
    out = b""
    if d["uuid"]:
        out += record(12, uuids.UUID(d["uuid"]).bytes_le)
    for kind, value in ((14, d["serial"]), (15, "Example Firmware Ltd."), (16, d["manufacturer"]),
                        (17, d["model"]), (18, d["sku"]), (19, d["family"]), (23, d["version"]),
                        (20, d["manufacturer"]), (21, "CB14-BOARD"), (22, "SMBIOS_STRING_INDEX_0")):
        out += text(kind, value)
    if d["product_id"]:
        out += text(24, d["product_id"]) + text(26, "[TH]X19-00000")
    return out


def gpus(d):
    names = [pick(d, f"gpu {n}", GPUS) for n in range(d["gpus"])]
    return (b"".join(record(29, u64(128 << 20, 0) + u8(1) + u8(1)) for _ in names)
            + b"".join(record(30, name.encode("utf-16-le")) for name in names))


def licence_and_language(d):
    block = chance(d, "hwid", 28 + chance(d, "hwid size", 1)[0] % 40)
    size = 4 + len(block)
    return (record(35, b"\x02\xff\x07")
            + record(36, b"en-US|en-US|W. Europe Standard Time|en-US,de-DE|0409:00000409")
            + record(37, u32(size) + u32(size) + block))


def encode_bytes(device):
    d = defaults(device)
    records = (system(d) + processor_and_ram(d) + disks(d) + adapters(d) + displays()
               + record(10, bytes((10, 2, 0, 0x81, 10))) + tpm_and_offline_id(d) + firmware(d)
               + (text(28, disk_name(d, 0)) if d["disks"] else b"") + gpus(d)
               + licence_and_language(d))
    total = 4 + len(records)
    body = b"OA" + u16(total) + records
    whole = body + b"CS" + u16(36) + hashlib.sha256(body).digest()
    if len(whole) > HASH_BYTES:
        raise ValueError(f"{len(whole)} bytes do not fit into a hash")
    return whole.ljust(HASH_BYTES, b"\0")


def encode_hash(device):
    """4000 characters. device: a dict with "serial" and what else of defaults() should differ."""
    return base64.b64encode(encode_bytes(device)).decode()


def vectors():
    makers = (("Contoso", "Contoso Book 14"), ("Fabrikam Inc.", "Elite 840 G9 Notebook"),
              ("LITWARE", "20XX0000US"), ("Proseware, GmbH", "Präzision 7780"))
    for n in range(12):
        maker, model = makers[n % len(makers)]
        device = defaults({
            "serial": f"VEC{n:02d}-{n * 7919:05d}", "manufacturer": maker, "model": model,
            "collected": 1577836800 + n * 15778463,
            "offset_quarters": (0, 4, -20, 120)[n % 4],
            "disks": 1 + n % 2, "adapters": 1 + n % 3, "gpus": 1 + n % 2,
        })
        yield "\t".join((device["serial"], maker, model, device["uuid"], device["product_id"],
                         str(device["collected"]), encode_hash(device)))


def main():
    parser = argparse.ArgumentParser(description="Prints one synthetic hardware hash.")
    parser.add_argument("--serial", default="TEST0001")
    parser.add_argument("--manufacturer")
    parser.add_argument("--model")
    parser.add_argument("--uuid")
    parser.add_argument("--product-id")
    parser.add_argument("--collected", type=int, metavar="UNIX_S")
    parser.add_argument("--no-tpm", action="store_false", dest="tpm")
    parser.add_argument("--vectors", action="store_true", help="print the vectors of the unit test")
    options = vars(parser.parse_args())
    if options.pop("vectors"):
        print("\n".join(vectors()))
    else:
        print(encode_hash({k: v for k, v in options.items() if v is not None}))


if __name__ == "__main__":
    main()
