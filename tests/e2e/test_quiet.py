# SPDX-License-Identifier: Apache-2.0
"""autoreg run as a good neighbour: it leaks nothing, and sleeps when there is nothing to do."""

import os
import pathlib
import re
import shutil
import time
import unittest

import harness
from agent_case import Case

IDLE_S = 5
LEAKED = 9


def wakeups(pid):
    """How often any of its threads has gone to sleep so far."""
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", p.read_text(), re.MULTILINE)[1])
               for p in pathlib.Path(f"/proc/{pid}/task").glob("*/status"))


class Idle(Case):
    def until_calm(self, pid):
        """What follows the last report, such as tidying up, is over."""
        seen = -1

        def calm():
            nonlocal seen
            before, seen = seen, wakeups(pid)
            time.sleep(0.5)
            return seen == before

        self.until(calm, "it never rests")

    def test_with_everything_settled(self):
        self.open()
        agent = self.start()
        for customer in ("contoso", "fabrikam"):
            self.shop.drop(customer, 20)
            self.until_reported(customer, 1)
        self.until_calm(agent.pid)
        before = wakeups(agent.pid)
        time.sleep(IDLE_S)
        self.assertLessEqual(wakeups(agent.pid) - before, 1)
        self.stop(agent)


@unittest.skipIf(os.environ.get("AUTOREG_SANITIZED"),
                 "sanitizers do not run under valgrind")
@unittest.skipUnless(shutil.which("valgrind"), "no valgrind")
class Memory(Case):
    def valgrind(self):
        program = self.shop.folder / "program"
        program.write_text(f'#!/bin/sh\nexec valgrind -q --leak-check=full '
                           f'--error-exitcode={LEAKED} "{harness.PROGRAM}" "$@"\n',
                           encoding="utf-8")
        program.chmod(0o755)
        return program

    def test_run_and_stop(self):
        self.open({"jobs": {"time": "1s"}}, batch={"max_devices": 10})
        agent = self.start(program=self.valgrind())
        serials = self.shop.drop("contoso", 30)
        (self.shop.spool / "fabrikam" / "photo.csv").write_bytes(bytes(100))
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.shop.drop("contoso", 30, "second.csv")
        self.until(lambda: self.sim.counters()["requests"].get("append", 0) > 3, "nothing is sent")
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
