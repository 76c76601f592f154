# SPDX-License-Identifier: Apache-2.0
"""A machine without a clock of its own: it is 1970 until the network says what time it is."""

import os
import struct
import tempfile
import time
import unittest

import warp  # before anything that knows the programs
import agent_case

YEAR_MS = 365 * 86_400_000
REQUESTS_MAX = 60  # of all kinds: nothing is asked again and again


class WrongClock(agent_case.Case):
    def setUp(self):
        self.clock = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "clock")

    def set_clock(self, wrong_ms):
        """The agent's wall clock; the services' is right. In one write, and the file stays."""
        with open(self.clock, "r+b" if os.path.exists(self.clock) else "wb") as f:
            f.write(struct.pack("=Qq", 0, int(wrong_ms)))

    def requests(self):
        return sum(n for what, n in self.sim.counters()["requests"].items() if what != "control")

    def jump(self, wrong_ms):
        """The clock is set while a job is under way, which then ends in its time."""
        self.set_clock(wrong_ms)
        self.open({"jobs": {"time": "1s"}})
        agent = self.start(AUTOREG_WARP=self.clock)
        first = self.shop.drop("contoso", 20, "first.csv")
        self.until(lambda: self.sim.counters()["requests"].get("append", 0)
                   + self.sim.counters()["requests"].get("create", 0) > 0, "nothing is sent")
        self.set_clock(0)
        self.until_reported("contoso", 1)
        second = self.shop.drop("contoso", 20, "second.csv")
        self.until_reported("contoso", 2)
        self.assert_once(first + second)
        self.assert_told(first + second)
        quiet = self.requests()
        self.assertLess(quiet, REQUESTS_MAX)
        time.sleep(2)
        self.assertEqual(self.requests(), quiet)
        self.stop(agent)

    def test_1970(self):
        self.jump(-time.time() * 1000 + 60_000)

    def test_ahead(self):
        """Set back by a year: what waits does not wait for a year."""
        self.jump(YEAR_MS)


if __name__ == "__main__":
    unittest.main()
