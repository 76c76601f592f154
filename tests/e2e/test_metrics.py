# SPDX-License-Identifier: Apache-2.0
"""The metrics of a running agent, as Prometheus would read them."""

import http.client
import re
import shutil
import subprocess
import unittest

import agent_case

PROMTOOL = shutil.which("promtool")
SAMPLE = re.compile(r'^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)*\})? ([0-9.]+)$')


class Metrics(agent_case.Case):
    def open_with_metrics(self):
        self.port = agent_case.free_port()
        self.open(listen=f"127.0.0.1:{self.port}")
        return self.start()

    def fetch(self, accept=None):
        """The content type and the text."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=agent_case.WAIT_S)
        link.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        self.assertEqual(answer.status, 200, text)
        return answer.headers["Content-Type"], text

    def samples(self):
        lines = [line for line in self.fetch()[1].splitlines() if not line.startswith("#")]
        return {name + (labels or ""): float(value)
                for name, labels, value in (SAMPLE.match(line).groups() for line in lines)}

    def test_what_happens_is_counted(self):
        agent = self.open_with_metrics()
        before = self.samples()
        states = [name for name in before if name.startswith("autoreg_devices{")]
        self.assertEqual(len(states), 2 * 8)
        self.assertEqual({before[name] for name in states}, {0})
        self.assertEqual(before['autoreg_consent_checked_timestamp_seconds{customer="contoso"}'], 0)
        self.assertEqual(before["autoreg_queue_oldest_age_seconds"], 0)
        self.shop.drop("contoso", devices=3)
        self.until_reported("contoso", 1)
        after = self.samples()
        self.assertEqual(set(after), set(before))
        self.assertEqual(after['autoreg_devices{customer="contoso",state="registered"}'], 3)
        self.assertEqual(after['autoreg_devices{customer="fabrikam",state="registered"}'], 0)
        self.assertEqual(after['autoreg_consent_state{customer="contoso",state="granted"}'], 1)
        self.assertGreater(after['autoreg_consent_checked_timestamp_seconds{customer="contoso"}'],
                           1.7e9)
        self.assertGreater(after['autoreg_token_expiry_timestamp_seconds{partner="northwind"}'],
                           after["autoreg_start_time_seconds"])
        self.assertGreater(after["autoreg_store_bytes"], 0)
        self.stop(agent)

    def test_a_refused_reload_is_told(self):
        agent = self.open_with_metrics()
        self.assertEqual(self.samples()["autoreg_config_last_reload_successful"], 1)
        good = self.shop.config.read_text(encoding="utf-8")
        self.shop.config.write_text("version: 2\n", encoding="utf-8")
        command = self.shop.folder / "good.yaml"  # which commands read, while the agent's is bad
        command.write_text(good, encoding="utf-8")
        self.shop.config, agents = command, self.shop.config
        self.assertNotEqual(self.shop.run("reload").returncode, 0)
        self.assertEqual(self.samples()["autoreg_config_last_reload_successful"], 0)
        agents.write_text(good, encoding="utf-8")
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.until(lambda: self.samples()["autoreg_config_last_reload_successful"] == 1,
                   "the reload is not told")
        self.stop(agent)

    def test_open_metrics(self):
        agent = self.open_with_metrics()
        kind, text = self.fetch("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
        self.assertEqual(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertIn("# TYPE autoreg_build info\n", text)
        self.assertTrue(text.endswith("\n# EOF\n"))
        kind, text = self.fetch()
        self.assertEqual(kind, "text/plain; version=0.0.4; charset=utf-8")
        self.assertNotIn("# EOF", text)
        self.stop(agent)

    @unittest.skipUnless(PROMTOOL, "promtool is not installed (package prometheus)")
    def test_promtool_has_nothing_to_say(self):
        agent = self.open_with_metrics()
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=self.fetch()[1],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
