# SPDX-License-Identifier: Apache-2.0
"""The metrics of a running agent, as Prometheus would read them."""

import json
import os
import pathlib
import shutil
import subprocess
import time
import unittest

import metrics_case
import metrics_text

PROMTOOL = shutil.which("promtool")
TABLE = pathlib.Path(__file__).parents[2] / "docs" / "metrics.md"


class Metrics(metrics_case.Case):
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

    def test_work_is_counted_once(self):
        agent = self.open_with_metrics()
        before = self.samples()
        self.assertEqual({v for k, v in before.items() if k.startswith("autoreg_files_total")}, {0})
        self.shop.drop("contoso", devices=3)
        self.until_reported("contoso", 1)
        self.shop.spool.joinpath("contoso", "none.csv").write_bytes(b"\x00\x01\x02")
        rejected = 'autoreg_files_total{customer="contoso",result="rejected"}'
        self.until(lambda: self.samples()[rejected] == 1, "nothing was rejected")
        after = self.samples()
        self.assertEqual(set(after), set(before))
        grown = {k: after[k] - before[k] for k in after if after[k] != before[k]}
        for name, n in {
                'autoreg_files_total{customer="contoso",result="accepted"}': 1,
                'autoreg_file_rows_total{customer="contoso",result="queued"}': 3,
                'autoreg_devices_settled_total{customer="contoso",result="registered"}': 3,
                'autoreg_device_registration_seconds_count{customer="contoso"}': 3,
                'autoreg_device_registration_seconds_bucket{customer="contoso",le="30.0"}': 3,
                'autoreg_batches_total{customer="contoso",result="accepted"}': 1,
                'autoreg_batches_total{customer="contoso",result="settled"}': 1,
                "autoreg_batch_devices_count": 1,
                "autoreg_batch_devices_sum": 3,
                'autoreg_batch_devices_bucket{le="1.0"}': None,
                'autoreg_batch_devices_bucket{le="5.0"}': 1,
                'autoreg_http_requests_total{api="oauth",code="2xx"}': 1,
                'autoreg_http_request_duration_seconds_count{api="oauth"}': 1,
                'autoreg_token_refreshes_total{partner="northwind",grant="refresh_token",'
                'result="ok"}': 1,
                'autoreg_token_refreshes_total{partner="northwind",grant="refresh_token",'
                'result="failed"}': None,
                'autoreg_spool_files{state="rejected"}': 1,
                'autoreg_store_errors_total{kind="io"}': None,
                'autoreg_retries_total{api="partner",reason="server"}': None,
                'autoreg_files_total{customer="fabrikam",result="accepted"}': None,
        }.items():
            self.assertEqual(grown.get(name), n, name)
        asked = self.sim.counters()["requests"]
        seen = sum(asked.values()) - asked["control"]  # which are this test's
        counted = sum(n for k, n in grown.items() if k.startswith("autoreg_http_requests_total"))
        self.assertEqual(counted, seen)
        for name in ('autoreg_http_sent_bytes_total{api="partner"}',
                     'autoreg_http_received_bytes_total{api="partner"}',
                     'autoreg_http_connections_opened_total{api="oauth",version="1.1"}',
                     "autoreg_store_commit_duration_seconds_count",
                     "autoreg_event_loop_lag_seconds_count",
                     "process_cpu_seconds_total"):
            self.assertGreater(grown.get(name, 0), 0, name)
        self.stop(agent)

    def test_trouble_is_counted(self):
        agent = self.open_with_metrics(
            scenario={"faults": [{"on": "create", "nth": 1, "then": {"status": 503}},
                                 {"on": "token", "nth": 1, "then": {"status": 500}}]})
        self.shop.drop("contoso", devices=2)
        self.until_reported("contoso", 1)
        found = self.samples()
        self.assertEqual(found['autoreg_http_requests_total{api="oauth",code="5xx"}'], 1)
        self.assertEqual(found['autoreg_http_requests_total{api="partner",code="5xx"}'], 1)
        self.assertEqual(found['autoreg_token_refreshes_total{partner="northwind",'
                               'grant="refresh_token",result="failed"}'], 1)
        self.assertGreaterEqual(sum(v for k, v in found.items() if k.startswith(
            'autoreg_retries_total{api="partner"')), 1)
        self.stop(agent)

    def test_a_service_that_asks_to_wait(self):
        agent = self.open_with_metrics(scenario={"faults": [
            {"on": "create", "nth": 1, "then": {"throttle": 1}}]})
        self.shop.drop("contoso", devices=2)
        self.until_reported("contoso", 1)
        found = self.samples()
        self.assertEqual(found['autoreg_http_requests_total{api="partner",code="429"}'], 1)
        self.assertEqual(found['autoreg_retries_total{api="partner",reason="throttled"}'], 1)
        waited = found['autoreg_throttled_seconds_total{customer="contoso"}']
        self.assertTrue(0.9 <= waited <= 1.1, waited)
        self.assertGreater(found['autoreg_backoff_until_timestamp_seconds{customer="contoso"}'],
                           1.7e9)
        self.stop(agent)

    def test_a_reload_loses_no_count(self):
        agent = self.open_with_metrics()
        self.shop.drop("contoso", devices=3)
        self.until_reported("contoso", 1)
        registered = 'autoreg_devices_settled_total{customer="contoso",result="registered"}'
        self.assertEqual(self.samples()[registered], 3)
        del self.shop.settings["customers"]["fabrikam"]
        self.shop.settings["customers"]["adatum"] = self.shop.customer("adatum")
        self.shop.write_config()
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.until(lambda: self.samples()["autoreg_config_generation"] == 2, "no reload")
        found = self.samples()
        self.assertEqual(found[registered], 3)
        self.assertIn('autoreg_devices_settled_total{customer="adatum",result="failed"}', found)
        self.assertFalse([name for name in found if "fabrikam" in name])
        self.shop.drop("contoso", devices=2, name="more.csv")
        self.until_reported("contoso", 2)
        self.assertEqual(self.samples()[registered], 5)
        self.stop(agent)

    def test_who_runs(self):
        agent = self.open_with_metrics()
        found = self.samples()
        self.assertGreater(found["process_resident_memory_bytes"], 1e6)
        self.assertGreater(found["process_open_fds"], 5)
        self.assertGreaterEqual(found["process_max_fds"], found["process_open_fds"])
        # The connection that asked is closed when the agent comes to it.
        self.until(lambda: len(os.listdir(f"/proc/{agent.pid}/fd")) == found["process_open_fds"] - 1,
                   "not as many descriptors as were told")
        free = shutil.disk_usage(self.shop.state).free
        self.assertAlmostEqual(found['autoreg_disk_free_bytes{path="state"}'] / free, 1, places=1)
        self.assertIn('autoreg_disk_free_bytes{path="spool"}', found)
        status, version = self.shop.api("GET", "/v1/version")
        self.assertEqual(status, 200)
        [build] = [name for name in found if name.startswith("autoreg_build_info")]
        for key in ("version", "commit", "curl", "openssl"):
            self.assertIn(f'{key}="{version[key]}"', build)
        self.assertEqual(json.loads(self.shop.run("version", "--json").stdout)["commit"],
                         version["commit"])
        self.stop(agent)

    def test_what_lies_in_the_spool(self):
        agent = self.open_with_metrics()
        path = self.shop.spool / "contoso" / "open.csv"
        with path.open("w", encoding="ascii") as writer:  # so it is not taken
            writer.write("Device Serial Number,")
            writer.flush()
            os.utime(path, (time.time() - 100, time.time() - 100))
            found = self.samples()
            self.assertEqual(found['autoreg_spool_files{state="waiting"}'], 1)
            self.assertTrue(100 <= found["autoreg_spool_oldest_file_age_seconds"] < 200)
            path.unlink()
        self.assertEqual(self.samples()["autoreg_spool_oldest_file_age_seconds"], 0)
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
        kind, text = self.fetch(metrics_case.OPEN_METRICS)
        self.assertEqual(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertIn("# TYPE autoreg_build info\n", text)
        self.assertTrue(text.endswith("\n# EOF\n"))
        names = metrics_text.names(metrics_text.parse(text, open_metrics=True))
        kind, text = self.fetch()
        self.assertEqual(metrics_text.names(metrics_text.parse(text)), names)
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

    def test_the_table_is_in_step(self):
        agent = self.open_with_certificate()
        found = metrics_text.parse(self.fetch(metrics_case.OPEN_METRICS)[1], open_metrics=True)
        text = TABLE.read_text(encoding="utf-8")
        self.assertEqual(text[text.index("| metric |"):], metrics_text.table(found),
                         "make it anew: tests/e2e/metrics_text.py says how")
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
