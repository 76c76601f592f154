# SPDX-License-Identifier: Apache-2.0
"""What a service has asked for outlives the process: nothing is sent before Retry-After is over, also if
the agent that was told so is killed."""

import contextlib
import sqlite3
import unittest

import warp
from workshop import Workshop


class Killed(warp.Case):
    def open_shop(self, operation):
        self.open({"faults": [{"on": operation, "nth": 1, "then": {"throttle": 30}}],
                   "jobs": {"time": "2s"}},
                  {"contoso": Workshop.customer("contoso")}, poll={"first": "1s", "max": "5s"})

    def is_told(self):
        return [r for r in self.sim.requests() if r["status"] == 429]

    def is_kept(self):
        with contextlib.closing(sqlite3.connect(self.shop.state / "autoreg.db")) as store:
            return store.execute("SELECT count(*) FROM pause").fetchone()[0]

    def kill(self, agent):
        """As soon as the answer is durable."""
        self.until_passing(self.is_told, "nobody is told to wait", "1s", "5m")
        self.until(self.is_kept, "it is not kept")
        agent.kill()
        agent.wait()

    def assert_waits(self):
        asked = len(self.sim.requests())
        self.pass_time("27s", "1s")
        self.assertEqual(self.sim.requests()[asked:], [])

    def test_devices_wait(self):
        for operation in ("create", "status", "customer"):
            with self.subTest(operation):
                self.open_shop(operation)
                agent = self.start()
                serials = self.shop.drop("contoso", 3)
                self.kill(agent)
                agent = self.start()
                self.assert_waits()
                self.until_passing(lambda: self.shop.reports("contoso", ".report.json"), "no report",
                                   "5s", "1h")
                self.assert_once(serials)
                self.stop(agent)

    def test_the_link_waits(self):
        self.open_shop("relationship")
        agent = self.start()
        self.assertNotEqual(self.shop.run("consent", "link", "contoso").returncode, 0)
        self.kill(agent)
        agent = self.start()
        serials = self.shop.drop("contoso", 3)
        self.until(lambda: not list((self.shop.spool / "contoso").glob("*.csv")), "it is not taken in")
        self.assert_waits()
        self.until_passing(lambda: self.shop.reports("contoso", ".report.json"), "no report", "5s", "1h")
        self.assert_once(serials)
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
