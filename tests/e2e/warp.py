# SPDX-License-Identifier: Apache-2.0
"""Time that a test moves on, so that days pass in seconds. Import it before agent_case.

    class Days(warp.Case):
        def test_it(self):
            self.open(...)
            agent = self.start()
            self.pass_time("6h")

The agent, its commands and the simulator are the real programs with other clocks: tests/warp/warp.h.
"""

import mmap
import os
import struct
import sys
import tempfile
import time
import unittest.mock

assert "harness" not in sys.modules and "simulator" not in sys.modules, "import warp first"
REAL_PROGRAMS = {"autoreg": os.environ["AUTOREG"], "autoreg-simulator": os.environ["AUTOREG_SIMULATOR"]}
os.environ["AUTOREG"] = os.environ["AUTOREG_WARP_PROGRAM"]
os.environ["AUTOREG_SIMULATOR"] = os.environ["AUTOREG_SIMULATOR_WARP"]

import agent_case  # noqa: E402

UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
SEEN_S = 0.1  # until every program has seen that time has passed, on a busy machine as well


def in_ms(duration):
    """"6h" in milliseconds."""
    return int(duration[:-1]) * UNIT_MS[duration[-1]]


class Case(agent_case.Case):
    def setUp(self):
        super().setUp()
        self.ahead_ms = 0
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="autoreg-warp-"))
        path = os.path.join(folder, "ahead")
        with open(path, "wb") as f:
            f.write(struct.pack("=Q", 0))
        file = self.enterContext(open(path, "r+b"))
        self._ahead = self.enterContext(mmap.mmap(file.fileno(), 8))
        self.enterContext(unittest.mock.patch.dict(os.environ, AUTOREG_WARP=path))

    def _move(self, ms):
        self.ahead_ms += ms
        self._ahead[:] = struct.pack("=Q", self.ahead_ms)
        time.sleep(SEEN_S)

    def pass_time(self, duration, step=None):
        """So much time passes: at once, or step by step, so that what is due in between happens."""
        left = in_ms(duration)
        step_ms = in_ms(step) if step else left
        while left > 0:
            self._move(min(step_ms, left))
            left -= step_ms

    def pass_until(self, since_start, step):
        """Time passes step by step until so much of it has since the test began."""
        while self.ahead_ms < in_ms(since_start):
            self._move(min(in_ms(step), in_ms(since_start) - self.ahead_ms))

    def until_passing(self, happened, what, step, at_most):
        """Waits for it while time passes; fails if that takes more than at_most of it."""
        end_ms = self.ahead_ms + in_ms(at_most)
        while not self._happens_soon(happened):
            self.assertLess(self.ahead_ms, end_ms, f"{what}\n{self.shop.log()}")
            self._move(in_ms(step))

    def _happens_soon(self, happened):
        deadline = time.monotonic() + 0.3
        while not happened():
            if time.monotonic() > deadline:
                return False
            time.sleep(agent_case.LOOK_S)
        return True
