# SPDX-License-Identifier: Apache-2.0
"""What whole runs need: the simulator and the workshop of the end-to-end tests."""

import contextlib
import importlib
import os
import sys

from measure import HERE, Bench

E2E = os.path.join(HERE, "..", "e2e")


class Lab(Bench):
    def __init__(self, *args):
        super().__init__(*args)
        # Both learn from the environment what they are to start, when they are read.
        os.environ.update(AUTOREG=self.autoreg, AUTOREG_SIMULATOR=self.simulator)
        if E2E not in sys.path:
            sys.path.insert(0, E2E)
        self.simulators = importlib.import_module("simulator")
        self.workshops = importlib.import_module("workshop")
        self.other = self.two - self.one or self.one  # where servers run

    @contextlib.contextmanager
    def service(self, job, tls=False, **scenario):
        """The simulator, whose jobs take so long."""
        with self.simulators.Simulator({"jobs": {"time": job}, **scenario}, tls=tls) as sim:
            os.sched_setaffinity(sim.pid, self.other)
            yield sim

    def shop(self, url, **sections):
        return self.workshops.Workshop(url, **sections)

    def command(self, shop, *arguments):
        return [self.autoreg, "--config", str(shop.config), *arguments]
