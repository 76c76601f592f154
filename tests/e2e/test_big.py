# SPDX-License-Identifier: Apache-2.0
"""The main job at its size: 20,000 devices in five shapes, with two per cent of every fault.
AUTOREG_BIG=1 makes it 100,000. Each device has to end in its right state, once."""

import collections
import csv
import json
import os
import sys
import time
import unittest

from agent_case import Case
from harness import make_list
from workshop import Workshop

DEVICES = 100_000 if os.environ.get("AUTOREG_BIG") else 20_000
WAIT_S = 1200 if os.environ.get("AUTOREG_BIG") else 240
SHAPES = (("autopilotinfo", {"encoding": "utf-16le"}), ("partner-center", {}),
          ("mmd", {"delimiter": ";"}), ("msfb", {"quote": "all", "eol": "\n"}),
          ("intune", {"encoding": "utf-8-bom"}))
PARTLY = 3

# What goes wrong with two per cent of all requests, more or less, and what the service says of
# every fiftieth device: each word is the state that it leads to.
NETWORK = [{"on": "any", "chance": 0.003, "then": then} for then in (
    {"cut": "before"}, {"cut": "after"}, {"status": 503}, {"status": 500, "when": "after"},
    {"throttle": 1}, {"token_expired": True})]
VERDICTS = (({"code": 806, "name": "ZtdDeviceAlreadyAssigned"}, "registered"),
            ({"code": 808, "name": "ZtdDeviceAssignedToAnotherTenant"}, "claimed"),
            ({"code": 812, "name": "ZtdDeviceNotFound"}, "failed"),
            ({"code": 802, "name": "InvalidZtdHardwareHash"}, "failed"),
            ({"code": 814, "name": "ZtdDeviceAlreadyAadRegistered"}, "held"),
            ({"code": 640, "name": "StorageError", "times": 1}, "registered"))
EVERY = 50


class Big(Case):
    def setUp(self):
        verdicts = {make_list.serial_of(n): VERDICTS[n // EVERY % len(VERDICTS)][0]
                    for n in range(EVERY // 2, DEVICES, EVERY)}
        self.open({"jobs": {"time": "500ms", "order": "shuffled"}, "verdicts": verdicts,
                   "forms": {"bom": "random", "members": "shuffled"}, "faults": NETWORK,
                   "page_size": 1000},  # a look takes all pages, and each may fail
                  customers={"contoso": Workshop.customer("contoso")},
                  poll={"first": "500ms", "max": "5s"},
                  retry={"base": "50ms", "max": "2s"})
        self.expected = {}  # state of each device that reaches the store
        self.lists = [self.make(n, *shape) for n, shape in enumerate(SHAPES)]
        self.begun = time.monotonic()

    def make(self, number, format_name, dialect):
        """A list with two per cent of its rows refused."""
        each = DEVICES // len(SHAPES)
        shape = make_list.FORMATS[format_name]
        rows = []
        for n in range(number * each, (number + 1) * each):
            device = make_list.device(n)
            if n % EVERY == 0:
                device = device._replace(hash=device.hash[:255])  # truncated
            elif n % EVERY == EVERY // 2:
                self.expected[device.serial] = VERDICTS[n // EVERY % len(VERDICTS)][1]
            else:
                self.expected[device.serial] = "registered"
            rows.append(shape.cells(device))
        path = self.shop.folder / f"{format_name}.csv"
        path.write_bytes(make_list.list_bytes([*shape.before, *rows], **dialect))
        return path

    def judge(self, reports):
        told = collections.Counter()
        refused = 0
        for path in reports:
            with open(path, encoding="utf-8-sig", newline="") as f:
                for row in csv.DictReader(f):
                    if row["State"] == "refused":
                        refused += 1
                    else:
                        told[row["Serial Number"], row["State"]] += 1
        wrong = told - collections.Counter(self.expected.items())
        missing = collections.Counter(self.expected.items()) - told
        self.assertEqual((wrong, missing, refused), ({}, {}, DEVICES // EVERY))
        here = {s for s, d in self.books().items() if d["registered"]}
        settled = {s for s, state in self.expected.items() if state == "registered"}
        said_so = {make_list.serial_of(n) for n in range(EVERY // 2, DEVICES, EVERY)
                   if VERDICTS[n // EVERY % len(VERDICTS)][0]["code"] == 806}
        self.assertEqual(here, settled - said_so)
        self.assertEqual({d["registered"] for s, d in self.books().items() if s in here}, {1})
        self.assertEqual(self.sim.violations(), [])
        print(f"{self.id()}: {DEVICES} devices in {time.monotonic() - self.begun:.1f} s",
              file=sys.stderr)

    def test_register(self):
        done = self.shop.run("register", "--customer", "contoso", "--json",
                             *map(str, self.lists))
        self.assertEqual(done.returncode, PARTLY, done.stderr)
        states = collections.Counter(self.expected.values())
        states["refused"] = DEVICES // EVERY
        self.assertEqual(json.loads(done.stdout)["states"], states)
        self.judge((self.shop.state / "lists").glob("*/*.report.csv"))

    def test_spool(self):
        agent = self.start()
        for path in self.lists:
            path.rename(self.shop.spool / "contoso" / path.name)
        self.until_reported("contoso", len(self.lists), WAIT_S)
        # Two refused tokens in a row hold all of it for a while, which is reported as well.
        states = collections.Counter(self.expected.values())
        self.until(lambda: collections.Counter(r["State"] for r in self.rows("contoso")
                                               if r["State"] != "refused") == states,
                   f"the reports never say {states}", WAIT_S)
        self.stop(agent)
        self.judge(self.shop.reports("contoso", ".report.csv"))


if __name__ == "__main__":
    unittest.main()
