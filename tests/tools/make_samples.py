#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/lists/: small synthetic lists, each as some producer leaves it behind; and
tests/data/demo/lists/: those that `autoreg demo` registers.

All makers, devices and hashes are invented. The files are kept in the repository for people to try
and read; tests compare them with what this script makes.
"""

import io
import os
import sys
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from make_list import (COLLECTED, FORMATS, GROUP_TAG, PARTNER, SCRIPT, Device, device,  # noqa: E402
                       hardware_hash, list_bytes, list_of, oa3_report, text_bytes)

DATA = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
LISTS = os.path.join(DATA, "lists")
DEMO_LISTS = os.path.join(DATA, "demo", "lists")
PRODUCT_KEY = "FAKE2-FAKE3-FAKE4-FAKE5-FAKE6"  # the shape of one; opens nothing


def devices(first, count):
    return [device(n, seed=20) for n in range(first, first + count)]


def made(serial, manufacturer="Contoso", model="Contoso Book 14", **more):
    text = hardware_hash(serial, manufacturer, model, **more)
    return Device(serial, "", text, manufacturer, model)


def contoso_script_utf16():
    return list_of("autopilotinfo", devices(0, 5), "utf-16le")


def contoso_partner_template():
    """The rows that were to be replaced are still there, above and below those of the customer."""
    shape = FORMATS["partner-center"]
    samples = [["R9-ZNP67", "", "", "Microsoft Corporation", "Surface Laptop"],
               ["", "123451234567", "", "", ""],
               ["", "", "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3g", "", ""]]
    explained = [["", "", "", "", ""], ["SAMPLE EXPLAINED", "", "", "", "", ""],
                 ["Line 2 illustrates a device by serial number", "", "", "", "", ""],
                 ["Line 3 illustrates a device by product id", "", "", "", "", ""],
                 ["Line 4 illustrates a device by hash", "", "", "", "", ""]]
    return list_bytes([*shape.before, *samples, *(shape.cells(d) for d in devices(10, 3)),
                       *explained])


def contoso_portal_template():
    """The template of the admin portal: a blank before the heading, two before the sample row."""
    rows = [[" Manufacturer", "Model", "Serial Number", "Hardware Hash"],
            ["  SpiralOrbit", "ContosoABC", "000000000000", "dGhpc2RldmljZWlzYW5tbWRkZXZpY2U"]]
    return list_bytes(rows + [FORMATS["mmd"].cells(d) for d in devices(20, 3)])


def fabrikam_configmgr_report():
    """One client was installed again and is in the report twice, the older capture second."""
    again = [made("TEST-AGAIN-1", "Fabrikam", "Fabrikam Tab 10", collected=COLLECTED + days * 86400)
             for days in (30, 0)]
    return list_of("configmgr-mmd", [*devices(1000, 2), *again], "utf-8-bom", quote="minimal")


def fabrikam_builtin_report():
    return list_of("configmgr-builtin", devices(1010, 4), "utf-8-bom", quote="minimal")


def supplier_semicolon_1252():
    cafe = made("TEST-CAFE-01", "Fabrikam", "Fabrikam Café 10")
    return list_of("mmd", [cafe, *devices(1020, 2)], "windows-1252", delimiter=";")


def excel_damaged():
    """Scientific notation, a date for a serial number, and zeros lost: only these can be mended."""
    lost = made("000417250193")
    rows = [["TEST00000030", "1.23457E+11", "", "Contoso", "Contoso Book 14"],
            ["3-Jan", "", "", "Contoso", "Contoso Book 14"],
            ["417250193", "", lost.hash, "Contoso", "Contoso Book 14"]]
    return list_bytes([PARTNER.split(","), *rows], quote="minimal")


def excel_unicode_tab():
    return list_of("partner-center", devices(40, 3), "utf-16le", delimiter="\t", quote="minimal")


def excel_sep_hint():
    return text_bytes("sep=;\r\n") + list_of("mmd", devices(45, 3), delimiter=";")


def quoted_export_csv():
    """What Export-Csv makes of the script's objects: a type line, quotes, columns in any order."""
    rows = [["Hardware Hash", "Device Serial Number", "Windows Product ID"],
            *([d.hash, d.serial, ""] for d in devices(50, 3))]
    return text_bytes("#TYPE System.Management.Automation.PSCustomObject\r\n") + \
        list_bytes(rows, quote="all")


def merged_twice():
    """A folder merged with the former result still in it: every device is there twice."""
    return list_of("autopilotinfo", devices(60, 3) * 2, "utf-16le")


def merged_shapes():
    """Two files joined by hand, the second heading still in the middle."""
    first, second = FORMATS["autopilotinfo"], FORMATS["mmd"]
    return list_bytes([*first.before, *(first.cells(d) for d in devices(70, 2)),
                       *second.before, *(second.cells(d) for d in devices(72, 2))])


def headerless_lenovo():
    """A maker whose model is the machine type and model, sent without headings."""
    rows = [[f"TESTPF{n:02d}", "", "", "CONTOSO", "20C0001TST"] for n in range(4)]
    return list_bytes(rows)


def intune_tags():
    wanted = ((GROUP_TAG, "alex@contoso.example"), ("Contoso-Kiosk", ""), ("", ""))
    return list_of("intune", [d._replace(tag=tag, user=user)
                              for d, (tag, user) in zip(devices(80, 3), wanted)])


def orderid_old():
    return list_of("orderid-old", [d._replace(tag="PO-4711") for d in devices(85, 3)], "utf-16le")


def factory_line():
    """An export of a packing line: columns of its own among the known ones, LF line ends."""
    rows = [["Station", "Serial Number", "MAC", "PKID", "Make", "Model Name", "Order Number"],
            *([f"L{n % 3}", d.serial, f"02:00:00:00:00:{n:02X}", d.product_id, d.manufacturer,
               d.model, "SO-1001"] for n, d in enumerate(devices(90, 5)))]
    return list_bytes(rows, eol="\n")


def clones_conflict():
    """A serial number that two machines have, each with its own TPM key and UUID."""
    clones = [made("TEST-CLONE-1", machine=machine) for machine in ("one", "two")]
    return list_of("mmd", [clones[0], *devices(95, 2), clones[1]])


def old_mac_cr():
    return list_of("mmd", devices(100, 3), eol="\r")


def cut_copy():
    """The copy ended in the middle of the last hash."""
    return list_of("mmd", devices(105, 4))[:-3200]


def usb_pulled():
    """The file system had the room, but not yet the bytes."""
    return list_of("mmd", devices(110, 3)) + b"\0" * 2000


def mixed_append():
    """Out-File -Append to a file that another tool made: bytes first, then UTF-16."""
    shape = FORMATS["autopilotinfo"]
    head = list_of("autopilotinfo", devices(115, 2))
    return head + list_bytes([shape.cells(d) for d in devices(117, 2)], "utf-16le-no-bom")


def serials_only():
    return "".join(d.serial + "\n" for d in devices(120, 6)).encode()


def corporate_identifiers():
    return list_of("corp-id", devices(130, 4))


def oa3_unit():
    return text_bytes(oa3_report(device(140, seed=20), PRODUCT_KEY))


def oa3_unit_utf16():
    return text_bytes(oa3_report(device(141, seed=20)), "utf-16le")


def workbook():
    """Stored and not deflated, so that every zlib makes the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, text in (("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<workbook/>")):
            z.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def header_only():
    return list_bytes([SCRIPT.split(",")], "utf-16le")


# --- the demo: two customers, forty good devices and a few bad rows ---

def demo_excel():
    """Saved by Excel as Unicode text, which has made a number of one serial number."""
    good = devices(200, 10)
    damaged = device(210, seed=20)._replace(serial="1.23457E+11")
    return list_of("partner-center", [*good[:6], damaged, *good[6:]], "utf-16le", delimiter="\t",
                   quote="minimal")


def demo_supplier():
    """Filled in below the sample row of the template."""
    shape = FORMATS["partner-center"]
    sample = ["R9-ZNP67", "", "", "Microsoft Corporation", "Surface Laptop"]
    return list_bytes([*shape.before, sample, *(shape.cells(d) for d in devices(220, 8))])


def demo_script():
    """One hash was cut on its way."""
    good = devices(2240, 8)
    cut = device(2248, seed=20)
    return list_of("autopilotinfo", [*good[:4], cut._replace(hash=cut.hash[:1024]), *good[4:]])


def demo_configmgr():
    """One device was installed again and is in the report twice, the older capture second."""
    again = [made("TEST-AGAIN-2", "Fabrikam", "Fabrikam Tab 10", collected=COLLECTED + days * 86400)
             for days in (30, 0)]
    return list_of("configmgr-mmd", [*devices(1260, 7), *again], "utf-8-bom", quote="minimal")


def demo_quoted():
    return list_of("mmd", devices(3280, 7), quote="all")


DEMO_SAMPLES = {
    "contoso/excel.txt": demo_excel,
    "contoso/script.csv": demo_script,
    "contoso/supplier.csv": demo_supplier,
    "fabrikam/configmgr.csv": demo_configmgr,
    "fabrikam/stations.csv": demo_quoted,
}

SAMPLES = {
    "clones-conflict.csv": clones_conflict,
    "contoso-partner-template.csv": contoso_partner_template,
    "contoso-portal-template.csv": contoso_portal_template,
    "contoso-script-utf16.csv": contoso_script_utf16,
    "corporate-identifiers.csv": corporate_identifiers,
    "cut-copy.csv": cut_copy,
    "excel-damaged.csv": excel_damaged,
    "excel-sep-hint.csv": excel_sep_hint,
    "excel-unicode-tab.csv": excel_unicode_tab,
    "fabrikam-builtin-report.csv": fabrikam_builtin_report,
    "fabrikam-configmgr-report.csv": fabrikam_configmgr_report,
    "factory-line.csv": factory_line,
    "header-only.csv": header_only,
    "headerless-lenovo.csv": headerless_lenovo,
    "intune-tags.csv": intune_tags,
    "merged-shapes.csv": merged_shapes,
    "merged-twice.csv": merged_twice,
    "mixed-append.csv": mixed_append,
    "oa3-unit-0001.xml": oa3_unit,
    "oa3-unit-0002-utf16.xml": oa3_unit_utf16,
    "old-mac-cr.csv": old_mac_cr,
    "orderid-old.csv": orderid_old,
    "quoted-export-csv.csv": quoted_export_csv,
    "serials-only.txt": serials_only,
    "supplier-semicolon-1252.csv": supplier_semicolon_1252,
    "usb-pulled.csv": usb_pulled,
    "workbook.xlsx": workbook,
}


def write(folder, samples):
    for name, make in samples.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(make())


if __name__ == "__main__":
    write(LISTS, SAMPLES)
    write(DEMO_LISTS, DEMO_SAMPLES)
