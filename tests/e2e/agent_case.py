# SPDX-License-Identifier: Apache-2.0
"""What the tests of a running agent share: a service, a shop, and waiting for what must happen."""

import collections
import csv
import socket
import time
import unittest

import harness
from simulator import Simulator
from workshop import Workshop

FAST = {"time": "50ms"}
WAIT_S = 60
LOOK_S = 0.02


def free_port():
    """One that nobody has, and that can be known before somebody listens there."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Case(unittest.TestCase):
    maxDiff = None
    shop = None

    def open(self, scenario=None, customers=None, options=(), **sections):
        """A service and a shop; self.sim and self.shop."""
        scenario = {"jobs": FAST, **(scenario or {})}
        self.sim = self.enterContext(Simulator(scenario, options=options))
        self.shop = self.enterContext(Workshop(self.sim.url, customers, **sections))

    def until(self, happened, what, wait_s=WAIT_S):
        """Waits for it, and fails if it does not come."""
        deadline = time.monotonic() + wait_s
        while not happened():
            self.assertLess(time.monotonic(), deadline, f"{what}\n{self.shop.log() if self.shop else ''}")
            time.sleep(LOOK_S)

    def until_logged(self, text, times=1):
        self.until(lambda: self.shop.log().count(text) >= times, f"nothing logged like {text!r}")

    def start(self, *arguments, program=harness.PROGRAM, **environment):
        """An agent that is ready."""
        before = self.shop.log().count("ready\n")
        agent = self.shop.start(program, *arguments, **environment)
        self.until(lambda: agent.poll() is not None or self.shop.log().count("ready\n") > before,
                   "the agent is not ready")
        self.assertIsNone(agent.poll(), self.shop.log())
        return agent

    def stop(self, agent):
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())

    def until_reported(self, customer, lists, wait_s=WAIT_S):
        """Waits until so many lists of the customer are reported."""
        self.until(lambda: len(self.shop.reports(customer, ".report.json")) >= lists,
                   f"no {lists} reports", wait_s)
        self.assertEqual(len(self.shop.reports(customer, ".report.json")), lists)

    def rows(self, customer):
        """The rows of all the customer's reports in the spool."""
        rows = []
        for path in self.shop.reports(customer, ".report.csv"):
            with open(path, encoding="utf-8-sig", newline="") as f:
                rows += csv.DictReader(f)
        return rows

    def until_asked(self, operation):
        self.until(lambda: self.sim.counters()["requests"].get(operation), f"no {operation}")

    def books(self, customer="contoso"):
        """What the service knows of the customer's devices, by serial number."""
        return {d["serial"]: d for c in self.sim.books()["customers"]
                if c["tenant"] == self.shop.tenant(customer) for d in c["devices"]}

    def assert_once(self, serials, customer="contoso", violations=()):
        """Each is in the service's books once, and the service found nothing to complain about."""
        books = self.books(customer)
        self.assertEqual(set(books), set(serials))
        self.assertEqual({d["registered"] for d in books.values()}, {1})
        self.assertLessEqual({v["kind"] for v in self.sim.violations()}, set(violations))

    def assert_told(self, serials, customer="contoso"):
        """Each stands in one report, as registered."""
        told = collections.Counter((r["Serial Number"], r["State"]) for r in self.rows(customer))
        self.assertEqual(told, collections.Counter((s, "registered") for s in serials))
