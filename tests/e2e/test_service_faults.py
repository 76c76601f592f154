# SPDX-License-Identifier: Apache-2.0
"""What happens to a machine happens to a service: it is stopped in the middle, a disk is full."""

import os
import shutil
import subprocess
import sys
import time
import unittest

from agent_case import Case
from service_manager import ServiceManager

# Told to run itself again in a mount namespace of its own, where a disk is small.
SMALL = "AUTOREG_SMALL_DISK"


class Ending(Case):
    def test_sigterm_in_the_middle(self):
        """A list being taken in, uploads on their way: the end is clean, and the next goes on."""
        manager = self.enterContext(ServiceManager())
        self.open({"jobs": {"time": "200ms"}}, batch={"max_devices": 50})
        expected = []
        for n in range(6):
            agent = self.start(**manager.environment())
            expected += self.shop.drop("contoso", 300, f"list-{n}.csv")
            time.sleep(0.05 * n)
            self.stop(agent)
            manager.until("STOPPING=1", times=n + 1)
        agent = self.start()
        self.until_reported("contoso", 6)
        self.assert_once(expected)
        self.assert_told(expected)
        self.stop(agent)


@unittest.skipUnless(os.environ.get(SMALL), "runs in a mount namespace")
class SmallDisk(Case):
    """A tmpfs over the state folder or the spool, with few blocks or few inodes."""

    def mount(self, folder, options):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=False)

    def fill(self, folder):
        """Until neither a byte nor a name fits."""
        names = (folder / f"ballast-{n}" for n in range(100_000))
        try:
            with open(next(names), "wb", buffering=0) as f:
                while f.write(bytes(4096)):
                    pass
        except OSError:
            pass
        try:
            for name in names:
                name.touch()
        except OSError:
            pass

    def empty(self, folder):
        for path in folder.glob("ballast*"):
            path.unlink()

    def live_through(self, which, options):
        manager = self.enterContext(ServiceManager())
        self.open()
        folder = getattr(self.shop, which)
        self.mount(folder, options)
        agent = self.start(**manager.environment(watchdog_s=1))
        first = self.shop.drop("contoso", 5, "first.csv")
        self.until_reported("contoso", 1)
        if which == "spool":
            path, second = self.shop.make_list("second.csv", 5)
            shutil.move(path, folder / "contoso" / "second.csv")
            self.fill(folder)
        else:
            self.fill(folder)
            second = self.shop.drop("contoso", 5, "second.csv")
        time.sleep(3)
        self.assertIsNone(agent.poll(), self.shop.log())
        before = len(manager.lines("WATCHDOG=1"))
        manager.until("WATCHDOG=1", times=before + 2)  # a full disk is nothing to restart for
        self.empty(folder)
        self.until_reported("contoso", 2)
        self.assert_once(first + second)
        self.stop(agent)

    def test_state_without_blocks(self):
        self.live_through("state", "size=4m")

    def test_state_without_inodes(self):
        self.live_through("state", "size=64m,nr_inodes=100")

    def test_spool_without_blocks(self):
        self.live_through("spool", "size=4m")

    def test_spool_without_inodes(self):
        self.live_through("spool", "size=64m,nr_inodes=60")


class Disks(unittest.TestCase):
    def test_small_ones(self):
        probe = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
                               capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest(f"no mount namespace: {probe.stderr.decode().strip()}")
        done = subprocess.run(["unshare", "--mount", sys.executable, __file__, "SmallDisk"],
                              env={**os.environ, SMALL: "1"}, text=True, timeout=250,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
