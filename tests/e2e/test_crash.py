# SPDX-License-Identifier: Apache-2.0
"""The process dies at every place where it may, and nothing is lost or doubled.

autoreg-crash is the real program, with a base/fault_point that kills it at the Nth place. The list is
dropped into the spool once; whatever happens after that, the next agent has to end it.
"""

import collections
import contextlib
import csv
import os
import signal
import time
import unittest

import harness
from simulator import Simulator
from workshop import Workshop

CRASH = os.path.abspath(os.environ["AUTOREG_CRASH_PROGRAM"])
# Every place is swept where tests are quick; under sanitizers every fourth.
STEP = 4 if os.environ.get("AUTOREG_SANITIZED") else 1
DEVICES = 10
SCENARIO = {"jobs": {"time": "50ms"}, "request_ids": "honoured"}
WAIT_S = 60


class Crash(unittest.TestCase):
    @contextlib.contextmanager
    def fresh(self):
        """A service and a shop without a past."""
        with Simulator(SCENARIO) as self.sim:
            with Workshop(self.sim.url, batch={"max_devices": 4}) as shop:
                yield shop

    def settle(self, shop, program=harness.PROGRAM, **environment):
        """Runs an agent until the list is reported, or it dies. Its exit status."""
        agent = shop.start(program, **environment)
        deadline = time.monotonic() + WAIT_S
        while agent.poll() is None and not shop.reports("contoso", ".report.csv"):
            self.assertLess(time.monotonic(), deadline, shop.log())
            time.sleep(0.01)
        return shop.stop(agent)

    def judge(self, shop, serials):
        """Each device once in the service's books, and once in the report."""
        books = self.sim.customer(shop.tenant("contoso"))
        held = {d["serial"]: d for d in books["devices"]}
        self.assertEqual(set(held), set(serials))
        for device in held.values():
            self.assertEqual(device["registered"], 1, device)
        (report,) = shop.reports("contoso", ".report.csv")
        with open(report, encoding="utf-8-sig", newline="") as f:
            rows = list(csv.DictReader(f))
        told = collections.Counter((r["Serial Number"], r["State"]) for r in rows)
        self.assertEqual(told, collections.Counter((s, "registered") for s in serials))
        sent_unasked = [v for v in self.sim.violations() if v["kind"] == "resent-unasked"]
        self.assertEqual(sent_unasked, [])

    def places(self):
        """How many places an undisturbed run passes."""
        with self.fresh() as shop:
            log = shop.folder / "places"
            serials = shop.drop("contoso", devices=DEVICES)
            self.assertEqual(self.settle(shop, CRASH, AUTOREG_CRASH_LOG=str(log)), 0, shop.log())
            self.judge(shop, serials)
            return log.read_text(encoding="ascii").split()

    def sweep(self, **environment):
        names = self.places()
        self.assertIn("store.commit", names)
        self.assertIn("batch.send", names)
        self.assertIn("batch.answered", names)
        self.assertIn("report.placed", names)
        died = 0
        for n in range(1, len(names) + 1, STEP):
            with self.subTest(place=f"{n} ({names[n - 1]})"), self.fresh() as shop:
                serials = shop.drop("contoso", devices=DEVICES)
                status = self.settle(shop, CRASH, AUTOREG_CRASH=f"*:{n}", **environment)
                died += status == -signal.SIGKILL
                self.assertIn(status, (0, -signal.SIGKILL), shop.log())
                self.assertLessEqual(len(shop.reports("contoso", ".json")),
                                     len(shop.reports("contoso", ".report.csv")))
                # All may be done already: then it is stopped before it knows what a signal is.
                self.assertIn(self.settle(shop), (0, -signal.SIGTERM), shop.log())
                self.judge(shop, serials)
        # Where threads meet a run may be over before it comes to its last places.
        self.assertGreater(died * STEP, len(names) * 0.7)

    def test_killed_at_every_place(self):
        self.sweep()

    def test_power_lost_at_every_place(self):
        self.sweep(AUTOREG_POWER_LOSS="7")


if __name__ == "__main__":
    unittest.main()
