# SPDX-License-Identifier: Apache-2.0
"""The order to read the configuration again ends when the new one is in force: whatever comes right
after it is taken."""

import signal
import socket
import subprocess
import unittest

import warp
import agent_case
import harness
import outside_keys
from simulator_client import CLIENT, PARTNER
from workshop import STOP_S

DONE, TEMPORARY = 0, 5
ROUNDS = 5
HANGS = {"faults": [{"on": "create", "nth": 1, "then": {"hang": "after"}}]}


class Case(warp.Case):
    def ask(self, *words, code=DONE):
        done = self.shop.run(*words)
        self.assertEqual(done.returncode, code, done.stderr + self.shop.log())
        return done.stderr

    def order(self):
        """A reload that is under way."""
        order = subprocess.Popen(
            [harness.PROGRAM, "--config", str(self.shop.config), "reload"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(order.stdout.close)
        self.addCleanup(order.kill)
        self.until(self.is_reading, "the agent does not read its configuration")
        return order

    def is_reading(self):
        return self.shop.run("pause", "--customer", "fabrikam").returncode == TEMPORARY

    def end(self, order, code, text):
        told, _ = order.communicate(timeout=STOP_S)
        self.assertEqual(order.returncode, code, told + self.shop.log())
        self.assertIn(text, told)


class Order(Case):
    def busy(self):
        """An agent whose service does not answer, so that a reload takes its time."""
        self.open(HANGS)
        agent = self.start()
        serials = self.shop.drop("contoso", 1)
        self.until_asked("create")
        return agent, serials

    def go_on(self, agent, serials):
        self.until_passing(lambda: self.shop.reports("contoso", ".report.json"), "no report", "5s", "1h")
        self.assert_once(serials)
        self.stop(agent)

    def test_takes_work_right_after_it(self):
        self.open()
        agent = self.start()
        for _ in range(ROUNDS):
            self.ask("reload")
            self.ask("consent", "check", "contoso")
            self.ask("reload")
            self.ask("pause", "--customer", "fabrikam")
        self.stop(agent)

    def test_waits_for_what_is_under_way(self):
        agent, serials = self.busy()
        order = self.order()
        self.assertIsNone(order.poll())
        self.pass_time("6s")
        self.end(order, DONE, "was read again")
        self.ask("consent", "check", "contoso")
        self.go_on(agent, serials)

    def test_one_at_a_time(self):
        agent, serials = self.busy()
        order = self.order()
        self.assertIn("reading its configuration", self.ask("reload", code=TEMPORARY))
        agent.send_signal(signal.SIGHUP)
        self.pass_time("6s")
        self.end(order, DONE, "was read again")
        self.go_on(agent, serials)

    def test_stop(self):
        agent, _ = self.busy()
        order = self.order()
        agent.send_signal(signal.SIGTERM)
        self.until_logged("stopping")
        self.pass_time("6s")
        self.end(order, TEMPORARY, "stopping")
        self.stop(agent)

    def test_nobody_waits_any_more(self):
        agent, serials = self.busy()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.shop.settings["control"])
            s.sendall(b"POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            self.until(self.is_reading, "the agent does not read its configuration")
        self.pass_time("6s")
        self.until_logged("was read again")
        self.ask("reload")
        self.go_on(agent, serials)


class Key(Case):
    def test_a_key_that_hangs(self):
        self.open()
        self.shop.settings["partners"]["northwind"]["auth"] = {
            "method": "refresh_token", "refresh_token": {"file": "seed"},
            "certificate": {"file": "autoreg.pem"}, "private_key": {"tpm2": "autoreg.key"}}
        self.shop.write_config()
        tpm = outside_keys.Tpm(self.shop.folder)
        self.addCleanup(tpm.stop)
        self.sim.post_scenario({"jobs": agent_case.FAST, "apps": [
            {"tenant": PARTNER, "client_id": CLIENT, "refresh_tokens": ["seed"],
             "certificate": str(self.shop.folder / "autoreg.pem")}]})
        tpm.hang()
        agent = self.start(**tpm.environment)
        order = self.order()
        self.pass_time("20s")
        self.assertIsNone(order.poll())
        self.pass_time("11s")
        self.end(order, TEMPORARY, "has not ended yet")
        self.assertIn("reading its configuration", self.ask("reload", code=TEMPORARY))
        tpm.wake_up()
        self.until_logged("was read again")
        self.ask("reload")
        self.ask("pause")
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
