# SPDX-License-Identifier: Apache-2.0
"""autoreg run as a service: what it tells the manager, what it inherits, and what it lives through."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

import harness
from agent_case import Case, free_port
from service_manager import ServiceManager, hand_over
from workshop import TENANTS

CRASH = os.path.abspath(os.environ["AUTOREG_CRASH_PROGRAM"])
USAGE, TEMPORARY, CONFIG = 2, 5, 78
WATCHDOG_S = 0.6


class Telling(Case):
    def setUp(self):
        self.manager = self.enterContext(ServiceManager())

    def begin(self, **options):
        agent = self.start(**self.manager.environment(**options))
        self.manager.until("READY=1")
        return agent

    def test_life(self):
        self.open()
        agent = self.begin()
        self.assertEqual(self.manager.lines()[0], "READY=1")
        self.manager.until_status("2 customers, nothing queued")
        self.shop.drop("contoso", 5)
        self.until_reported("contoso", 1)
        self.stop(agent)
        self.manager.until("STOPPING=1")
        self.assertEqual(self.manager.lines("WATCHDOG="), [])  # nobody asked for it

    def test_abstract_address(self):
        self.open()
        with ServiceManager(abstract=True) as manager:
            agent = self.start(**manager.environment())
            manager.until("READY=1")
            self.stop(agent)

    def test_not_before_it_listens(self):
        """A socket that is taken is no READY=1, and a sentence that says why."""
        port = free_port()
        self.open(listen=f"127.0.0.1:{port}")
        with socket.create_server(("127.0.0.1", port)):
            agent = self.shop.start(**self.manager.environment())
            self.assertEqual(agent.wait(60), TEMPORARY, self.shop.log())
        self.assertIn(f"somebody listens on 127.0.0.1 port {port} already", self.shop.log())
        self.manager.until_status("not started: somebody listens")
        self.assertEqual(self.manager.lines("READY="), [])

    def test_configuration_refused(self):
        self.open()
        self.shop.config.write_text("version: 1\nstat: /x\n", encoding="utf-8")
        agent = self.shop.start(**self.manager.environment())
        self.assertEqual(agent.wait(60), CONFIG)
        self.manager.until_status("not started: the configuration was refused")
        self.assertIn(f"{self.shop.config}:2:1: error:", self.shop.log())

    def test_status_follows(self):
        """What is held is told, once a second at most, and nothing more once it stands."""
        self.open({"customers": {
            "contoso": {"tenant": TENANTS["contoso"], "relationship": "none"},
            "fabrikam": {"tenant": TENANTS["fabrikam"]}}})
        agent = self.begin()
        self.shop.drop("contoso", 1240)
        self.manager.until_status("held: contoso waits for consent")
        told = [when for when, lines in self.manager.messages if lines[0].startswith("STATUS=")]
        gaps = [later - before for before, later in zip(told, told[1:])]
        self.assertGreater(min(gaps, default=1), 0.9)
        self.stop(agent)

    def test_reload(self):
        self.open()
        agent = self.begin()
        agent.send_signal(signal.SIGHUP)
        self.manager.until("READY=1", times=2)
        reloading = self.manager.lines("MONOTONIC_USEC=")
        self.assertEqual(len(reloading), 1)
        now_us = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
        self.assertLess(abs(now_us - int(reloading[0].split("=")[1])), 60e6)
        good = self.shop.config.read_text(encoding="utf-8")
        self.shop.config.write_text("version: 1\nstat: /x\n", encoding="utf-8")
        agent.send_signal(signal.SIGHUP)
        self.manager.until_status("the last reload was refused")
        self.assertRegex(self.shop.log(), r"line=2 column=1 .*stat")
        self.assertEqual(len(self.manager.lines("RELOADING=")), 1)
        self.shop.config.write_text(good, encoding="utf-8")
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.manager.until("READY=1", times=3)
        self.manager.until_true(
            lambda: "refused" not in self.manager.messages[-1][1][0], "forgiven", 60)
        self.stop(agent)

    def test_hooks_inherit_nothing(self):
        self.open()
        script, out = self.shop.folder / "hook", self.shop.folder / "seen"
        script.write_text(f"#!/bin/sh\nenv > {out}.part\nls -l /proc/$$/fd >> {out}.part\n"
                          f"mv {out}.part {out}\n", encoding="ascii")
        script.chmod(0o755)
        self.shop.settings["hooks"] = {"on": ["list_done"], "exec": [str(script)]}
        self.shop.write_config()
        agent = self.begin(watchdog_s=30)
        self.shop.drop("contoso", 1)
        self.until(out.exists, "no hook")
        self.assertNotRegex(out.read_text(encoding="utf-8"), "NOTIFY_|WATCHDOG_|LISTEN_|socket:")
        self.stop(agent)


class Watchdog(Case):
    def setUp(self):
        self.manager = self.enterContext(ServiceManager())

    def pings(self):
        return len(self.manager.lines("WATCHDOG=1"))

    def until_fed(self, times=2):
        self.manager.until("WATCHDOG=1", times=self.pings() + times)

    def assert_starving(self, for_s=2 * WATCHDOG_S):
        before = self.pings()
        time.sleep(for_s)
        self.assertEqual(self.pings(), before)

    def test_fed_in_time(self):
        self.open()
        agent = self.start(**self.manager.environment(watchdog_s=WATCHDOG_S))
        self.shop.drop("contoso", 500)
        self.until_fed(12)
        self.until_reported("contoso", 1)
        at = [when for when, lines in self.manager.messages if "WATCHDOG=1" in lines]
        self.assertLess(max(b - a for a, b in zip(at, at[1:])), WATCHDOG_S)
        self.stop(agent)

    def test_store_that_hangs(self):
        """The loop runs and answers; nothing is fed, and why is told. What hung is mended by time."""
        self.open()
        stop = self.shop.folder / "hang"
        agent = self.start(program=CRASH, AUTOREG_HANG=f"store.commit:{stop}",
                           **self.manager.environment(watchdog_s=WATCHDOG_S))
        self.until_fed()
        stop.touch()
        self.manager.until_status("dying: the thread that writes the store does not answer")
        self.assert_starving()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.shop.settings["control"])
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            s.settimeout(60)
            self.assertTrue(s.recv(100).startswith(b"HTTP/1.1 200"))
        self.until_logged("gives no sign of life")
        stop.unlink()
        self.until_fed()
        self.manager.until_status("2 customers, nothing queued")
        self.until_logged("signs of life again")
        self.stop(agent)

    def test_stopped_process(self):
        """Whoever is stopped is not fed; afterwards it lives, and nobody takes it for dead."""
        self.open()
        agent = self.start(**self.manager.environment(watchdog_s=WATCHDOG_S))
        serials = self.shop.drop("contoso", 50)
        self.until_fed()
        agent.send_signal(signal.SIGSTOP)
        try:
            time.sleep(0.1)
            self.assert_starving(5 * WATCHDOG_S)
        finally:
            agent.send_signal(signal.SIGCONT)
        self.until_fed()
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.assertNotIn("no sign of life", self.shop.log())
        self.stop(agent)


class Sockets(Case):
    def setUp(self):
        self.open()
        self.http = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        self.port = self.http.getsockname()[1]
        self.path = str(self.shop.folder / "control.sock")
        self.control = self.enterContext(socket.socket(socket.AF_UNIX))
        self.control.bind(self.path)
        os.chmod(self.path, 0o600)
        self.control.listen()
        self.shop.settings["listen"] = f"127.0.0.1:{self.port}"
        self.shop.write_config()

    def hand_over(self, sockets):
        command = [harness.PROGRAM, "--config", str(self.shop.config), "-v", "run"]
        with open(self.shop.folder / "log", "ab") as log:
            agent = hand_over(sockets, command, stdout=log, stderr=log)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        return agent

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as answer:
            return answer.status

    def test_by_name(self):
        """In any order; the files stay as whoever made them wants them, also at the end."""
        for names in (("http", "control"), ("control", "http")):
            agent = self.hand_over({n: getattr(self, n) for n in names})
            self.until_logged("ready\n")
            self.assertEqual(self.metrics(), 200)
            self.assertEqual(self.shop.run("pause").returncode, 0)
            self.stop(agent)
            self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
            (self.shop.folder / "log").write_text("")

    def test_request_waits_for_a_restart(self):
        """Nobody is refused between two agents: the connection waits in the socket."""
        agent = self.hand_over({"http": self.http, "control": self.control})
        self.until_logged("ready\n")
        self.stop(agent)
        with socket.create_connection(("127.0.0.1", self.port)) as waiting:
            waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            agent = self.hand_over({"control": self.control, "http": self.http})
            waiting.settimeout(60)
            self.assertTrue(waiting.recv(100).startswith(b"HTTP/1.1 200"))
        self.stop(agent)

    def test_refused(self):
        other = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        unix = self.enterContext(socket.socket(socket.AF_UNIX))
        unix.bind(str(self.shop.folder / "other.sock"))
        unix.listen()
        for sockets, why in (({"http": other}, '"listen" says 127.0.0.1 port'),
                             ({"http": self.control}, '"listen" says 127.0.0.1 port'),
                             ({"control": unix}, '"control" says'),
                             ({"control": self.http}, '"control" says'),
                             ({"web": self.http}, 'called "web"')):
            with self.subTest(why=why):
                (self.shop.folder / "log").write_text("")
                os.rename(self.path, self.path + "-")  # else an agent of its own could not listen
                try:
                    self.assertEqual(self.hand_over(sockets).wait(60), USAGE, self.shop.log())
                finally:
                    os.rename(self.path + "-", self.path)
                self.assertIn(why, self.shop.log())
        self.shop.settings["listen"] = "off"
        self.shop.write_config()
        self.assertEqual(self.hand_over({"http": self.http, "control": self.control}).wait(60),
                         USAGE)
        self.assertIn('"listen" is off', self.shop.log())

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "no systemd-socket-activate")
    def test_systemd_socket_activate(self):
        self.http.close()
        self.control.close()
        os.unlink(self.path)
        command = ["systemd-socket-activate", "-l", f"127.0.0.1:{self.port}", "-l", self.path,
                   "--fdname=http:control", harness.PROGRAM, "--config", str(self.shop.config),
                   "-v", "run"]
        with open(self.shop.folder / "log", "ab") as log:
            agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        self.until_logged("Listening on", times=2)
        self.assertEqual(self.metrics(), 200)
        self.stop(agent)
        self.assertTrue(os.path.exists(self.path))


if __name__ == "__main__":
    unittest.main()
