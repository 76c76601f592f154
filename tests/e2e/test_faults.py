# SPDX-License-Identifier: Apache-2.0
"""autoreg where the machine fails: disk, clock, network, service. Nothing is lost, nothing is
doubled, and somebody is told what to do."""

import contextlib
import fcntl
import glob
import hashlib
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

import harness
from agent_case import FAST, Case, free_port
from simulator import Simulator
from workshop import Workshop

DONE, FAILED, TEMPORARY, TIMED_OUT = 0, 1, 5, 8
DISK_BYTES = 12 << 20
DAY_S = 24 * 60 * 60
NOBODY = 65534
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)


class FaultCase(Case):
    def assert_whole(self, serials):
        """All is well in the end: registered once, and told once."""
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.assert_told(serials)

    def script(self, *lines):
        """A program in place of autoreg."""
        path = self.shop.folder / "program"
        path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)


@unittest.skipIf(os.geteuid() != 0, "a small disk takes root to mount")
class DiskFull(FaultCase):
    def open(self, *args, **sections):
        super().open(*args, **sections)
        self.shop.state.mkdir(mode=0o700)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700",
                                  "none", str(self.shop.state)], stderr=subprocess.PIPE, text=True,
                                 check=False)
        if mounted.returncode:
            self.skipTest(mounted.stderr)
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.shop.state)], check=True)

    def fill(self, leave):
        """Takes all the room but so many bytes, in pages."""
        ballast = self.shop.state / "ballast"
        with open(ballast, "wb", buffering=0) as f:
            with contextlib.suppress(OSError):
                while f.write(bytes(4096)):
                    pass
            f.truncate(max(f.tell() - leave, 0))
        return ballast

    def test_list_comes_in(self):
        """Whether there is no room for the list, for its devices, or for the last of them."""
        for leave in (0, 100_000, 2_200_000, 2_500_000):
            with self.subTest(leave):
                self.open()
                agent = self.start()
                path, serials = self.shop.make_list("made", 500)
                ballast = self.fill(leave)
                path.rename(self.shop.spool / "contoso" / "a.csv")
                self.until_logged("list not taken in")
                self.assertTrue((self.shop.spool / "contoso" / "a.csv").is_file())
                self.assertEqual(self.books(), {})
                ballast.unlink()
                agent.send_signal(signal.SIGHUP)  # looks at the spool at once
                self.assert_whole(serials)
                self.assertEqual(len(list((self.shop.state / "lists").iterdir())), 1)
                self.stop(agent)

    def test_list_of_the_command_line(self):
        self.open()
        path, serials = self.shop.make_list("a.csv", 500)
        ballast = self.fill(2_400_000)
        done = self.shop.run("register", "--customer", "contoso", str(path))
        self.assertEqual(done.returncode, FAILED, done.stdout + done.stderr)
        self.assertIn("a.csv", done.stderr)
        self.assertRegex(done.stderr, "full|[Nn]o space")
        ballast.unlink()
        done = self.shop.run("register", "--customer", "contoso", str(path))
        self.assertEqual(done.returncode, DONE, done.stdout + done.stderr)
        self.assert_once(serials)

    def test_devices_settle(self):
        """While the job runs at the service; with room for what is settled, but not its report."""
        for leave in (0, 40_000):
            with self.subTest(leave):
                self.open({"jobs": {"time": "1s"}}, batch={"max_devices": 50})
                agent = self.start()
                serials = self.shop.drop("contoso", 200)
                self.until_asked("status")
                ballast = self.fill(leave)
                self.until(lambda: "level=error" in self.shop.log(), "nobody is told")
                ballast.unlink()
                self.assert_whole(serials)
                self.stop(agent)

    def test_restart(self):
        """Stopped while there was no room: what happened then is asked about, not repeated."""
        self.open({"jobs": {"time": "300ms"}}, batch={"max_devices": 50},
                  poll={"first": "50ms", "max": "1s"})
        agent = self.start()
        serials = self.shop.drop("contoso", 200)
        self.until_asked("create")
        ballast = self.fill(0)
        self.until_logged("level=error")
        self.shop.stop(agent)
        ballast.unlink()
        agent = self.start()
        self.assert_whole(serials)
        self.stop(agent)


class ReadOnly(FaultCase):
    """The agent as an ordinary user, for root may write everywhere."""

    def open(self, *args, **sections):
        super().open(*args, **sections)
        self.program = harness.PROGRAM
        if os.geteuid() != 0:
            return
        if not shutil.which("setpriv"):
            self.skipTest("no setpriv")
        private = [p for p in pathlib.Path(harness.PROGRAM).parents if not p.stat().st_mode & 1]
        if private:
            self.skipTest(f"an ordinary user cannot come to {private[0]}")
        self.program = self.script(f'exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups '
                                   f'"{harness.PROGRAM}" "$@"')
        self.hand_over()

    def hand_over(self):
        for path in (self.shop.folder, *self.shop.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)

    def protect(self, readonly):
        """The state folder and all in it."""
        for path in (self.shop.state, *self.shop.state.rglob("*")):
            path.chmod((0o500 if readonly else 0o700) if path.is_dir() else
                       (0o400 if readonly else 0o600))

    def drop(self, devices, name="list.csv"):
        path, serials = self.shop.make_list("made", devices)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        path.rename(self.shop.spool / "contoso" / name)
        return serials

    def test_at_the_start(self):
        self.open()
        agent = self.start(program=self.program)
        self.stop(agent)
        self.protect(True)
        serials = self.drop(3)
        agent = self.shop.start(self.program)
        self.assertEqual(agent.wait(60), FAILED, self.shop.log())
        self.assertIn(str(self.shop.state), self.shop.log())
        self.assertIn("ermission denied", self.shop.log())
        self.protect(False)
        agent = self.start(program=self.program)
        self.assert_whole(serials)
        self.stop(agent)

    def test_while_running(self):
        self.open({"jobs": {"time": "500ms"}})
        agent = self.start(program=self.program)
        first = self.drop(3, "first.csv")
        self.until_asked("status")
        self.protect(True)
        second = self.drop(3, "second.csv")
        self.until_logged("list not taken in")
        self.assertTrue((self.shop.spool / "contoso" / "second.csv").is_file())
        self.until_logged("no report")
        self.protect(False)
        agent.send_signal(signal.SIGHUP)
        self.until_reported("contoso", 2)
        self.assert_once(first + second)
        self.assert_told(first + second)
        self.stop(agent)


class Store(FaultCase):
    def setUp(self):
        self.open()
        self.store = self.shop.state / "autoreg.db"

    def lived(self):
        """There was an agent, and it is gone; its devices."""
        agent = self.start()
        serials = self.shop.drop("contoso", 20, "a.csv")
        self.until_reported("contoso", 1)
        self.stop(agent)
        return serials

    def assert_refuses(self, code, words):
        agent = self.shop.start()
        self.assertEqual(agent.wait(60), code, self.shop.log())
        self.assertRegex(self.shop.log(), words)

    def test_folder_locked(self):
        self.lived()
        with open(self.shop.state / "agent.lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assert_refuses(TEMPORARY, "another agent works in ")
        self.stop(self.start())

    def test_file_locked(self):
        """Somebody looks at it with a tool of his own, and keeps it for a while."""
        first = self.lived()
        agent = self.start()
        with contextlib.closing(sqlite3.connect(self.store, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            second = self.shop.drop("contoso", 20, "b.csv")
            self.until(lambda: "level=error" in self.shop.log(), "nobody is told")
            other.execute("ROLLBACK")
        agent.send_signal(signal.SIGHUP)
        self.until_reported("contoso", 2)
        self.assert_once(first + second)
        self.stop(agent)

    def damage(self, at, data):
        with open(self.store, "r+b") as f:
            f.seek(at)
            f.write(data)

    def test_damaged(self):
        """It says which file, and leaves it alone: somebody may mend it, or have a copy."""
        serials = self.lived()
        with contextlib.closing(sqlite3.connect(self.store)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all is in the file now
        whole = self.store.read_bytes()
        for name, at, data in (("head", 0, b"X" * 100), ("schema", 100, os.urandom(3900)),
                               ("picture", 0, b"\x89PNG\r\n\x1a\n" + bytes(5000))):
            with self.subTest(name):
                self.store.write_bytes(whole)
                self.damage(at, data)
                damaged = self.store.read_bytes()
                self.assert_refuses(FAILED, str(self.store))
                self.assertEqual(self.store.read_bytes(), damaged)
        self.store.write_bytes(whole)
        more = self.shop.drop("contoso", 2, "b.csv")
        agent = self.start()
        self.until_reported("contoso", 2)
        self.assert_once(serials + more)
        self.stop(agent)

    def test_of_a_newer_version(self):
        """Whoever goes back to an older program is told what to do, and finds all as the newer one
        has left it."""
        self.lived()
        path, _ = self.shop.make_list("b", 2)
        with contextlib.closing(sqlite3.connect(self.store)) as store:
            store.execute("PRAGMA user_version = 1000000")
        left = self.state_files()
        words = "Install the autoreg that made it, or a newer one"
        self.assert_refuses(FAILED, words)
        for arguments in (["register", "--customer", "contoso", path], ["lists"], ["status"]):
            with self.subTest(arguments[0]):
                told = self.shop.run(*arguments)
                self.assertEqual(told.returncode, FAILED, told)
                self.assertIn(words, told.stderr)
        self.assertEqual(self.state_files(), left)

    def state_files(self):
        """What the state folder holds, but the lock, and what SQLite needs to look into a store."""
        return {str(p.relative_to(self.shop.state)): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in self.shop.state.rglob("*")
                if p.is_file() and not p.name.endswith((".lock", "-shm", "-wal"))}


@unittest.skipUnless(FAKETIME, "no libfaketime (Debian: package faketime)")
class Clock(FaultCase):
    def start(self, *arguments, **environment):
        self.offset = self.shop.folder / "offset"
        self.set_clock(0)
        return super().start(*arguments, LD_PRELOAD=FAKETIME, FAKETIME_NO_CACHE="1",
                             FAKETIME_TIMESTAMP_FILE=str(self.offset),
                             FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1",
                             **environment)

    def set_clock(self, seconds):
        new = self.offset.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        new.rename(self.offset)

    def jumping(self, scenario, operation, **sections):
        """The clock jumps once this was asked, and later back."""
        for jump in (3600, 3 * DAY_S, -3600, -3 * DAY_S):
            with self.subTest(jump):
                self.open(scenario, **sections)
                agent = self.start()
                serials = self.shop.drop("contoso", 40)
                self.until_asked(operation)
                self.set_clock(jump)
                self.until_reported("contoso", 1)
                self.assert_once(serials)
                self.set_clock(0)
                more = self.shop.drop("contoso", 40, "more.csv")
                self.until_reported("contoso", 2)
                self.assert_once(serials + more)
                self.assert_told(serials + more)
                self.stop(agent)

    def test_while_jobs_run(self):
        self.jumping({"jobs": {"time": "500ms"}},
                     "status", batch={"max_devices": 10})

    def test_while_retries_wait(self):
        self.jumping({"faults": [{"on": on, "from": 1, "to": 3, "then": {"status": 503}}
                                 for on in ("create", "append", "status")]},
                     "create", batch={"max_devices": 10},
                     retry={"base": "300ms", "max": "1s"})

    def test_while_the_service_asks_to_wait(self):
        self.jumping({"faults": [{"on": "create", "nth": 1, "then": {"throttle": 2}}]},
                     "create")


class Service(Case):
    def simulate(self, port, scenario=None):
        self.sim = Simulator({"jobs": FAST, **(scenario or {})}, options=["--port", str(port)])
        self.sim.start()
        self.addCleanup(self.sim.stop)

    def open_shop(self, url):
        self.shop = self.enterContext(Workshop(url, batch={"max_devices": 10}))

    def test_down_at_the_start(self):
        port = free_port()
        self.open_shop(f"http://127.0.0.1:{port}")
        agent = self.start()
        serials = self.shop.drop("contoso", 20)
        self.until_logged("consent is not known")
        self.simulate(port)
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.assert_told(serials)
        self.stop(agent)

    def test_killed_in_the_middle(self):
        """Nobody knows whether what was sent has arrived; it has not."""
        port = free_port()
        self.simulate(port, {"faults": [{"on": "create", "then": {"hang": "before"}}]})
        self.open_shop(self.sim.url)
        agent = self.start()
        serials = self.shop.drop("contoso", 40)
        self.until_asked("create")
        os.kill(self.sim.pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.sim.stop()
        self.until_logged("level=warning")
        self.simulate(port)
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.assert_told(serials)
        self.stop(agent)

    def test_frozen_in_the_middle(self):
        port = free_port()
        self.simulate(port, {"jobs": {"time": "1s"}})
        self.open_shop(self.sim.url)
        agent = self.start()
        serials = self.shop.drop("contoso", 40)
        self.until_asked("status")
        os.kill(self.sim.pid, signal.SIGSTOP)
        time.sleep(2)
        os.kill(self.sim.pid, signal.SIGCONT)
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.assert_told(serials)
        self.stop(agent)

    def test_name_that_does_not_resolve(self):
        self.open_shop("https://autoreg.invalid")
        path, _ = self.shop.make_list("a.csv", 2)
        done = self.shop.run("-v", "register", "--customer", "contoso", "--timeout", "2s",
                             str(path))
        self.assertEqual(done.returncode, TIMED_OUT, done.stdout + done.stderr)
        self.assertIn("autoreg.invalid", done.stderr)


if __name__ == "__main__":
    unittest.main()
