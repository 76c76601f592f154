# SPDX-License-Identifier: Apache-2.0
"""/healthz and /readyz: whether it lives, and whether it can do its work."""

import os
import shutil
import unittest

import metrics_case

FINE = {"configuration": {"state": "ok"}, "credentials": {"state": "ok"}, "store": {"state": "ok"},
        "disk": {"state": "ok"}, "spool": {"state": "ok"}}


class Ready(metrics_case.Case):
    def test_all_is_well(self):
        agent = self.open_with_metrics()
        self.assertEqual(self.get("/healthz")[0], 200)
        self.assertEqual(self.ready(), (200, FINE))
        self.stop(agent)

    def test_a_refused_reload_is_a_warning(self):
        agent = self.open_with_metrics()
        self.shop.config.write_text("version: 2\n", encoding="utf-8")
        agent.send_signal(1)
        self.until(lambda: self.ready()[1]["configuration"]["state"] == "warning", "no warning")
        status, checks = self.ready()
        self.assertEqual(status, 200)
        self.assertIn("autoreg config check", checks["configuration"]["advice"])
        self.stop(agent)

    def test_nobody_has_signed_in(self):
        self.port = metrics_case.agent_case.free_port()
        self.open(listen=f"127.0.0.1:{self.port}")
        del self.shop.settings["partners"]["northwind"]["auth"]["refresh_token"]
        self.shop.write_config()
        agent = self.start()
        status, checks = self.ready()
        self.assertEqual(status, 503)
        self.assertEqual(checks["credentials"]["state"], "failed")
        self.assertIn("autoreg status", checks["credentials"]["advice"])
        self.assertEqual(self.get("/healthz")[0], 200)
        self.stop(agent)

    def test_the_service_refuses_us(self):
        agent = self.open_with_metrics(scenario={"faults": [
            {"on": "token", "from": 1, "then": {"aadsts": 700082}}]})
        self.assertEqual(self.ready()[0], 200)
        self.shop.drop("contoso", devices=1)
        self.until(lambda: self.ready()[0] == 503, "it is still ready")
        self.assertEqual(self.ready()[1]["credentials"]["state"], "failed")
        self.stop(agent)

    def test_the_spool_has_gone(self):
        agent = self.open_with_metrics()
        shutil.rmtree(self.shop.spool)
        status, checks = self.ready()
        self.assertEqual(status, 503)
        self.assertEqual(checks["spool"]["state"], "failed")
        self.assertEqual(checks["disk"]["state"], "failed")
        self.assertNotIn("autoreg_spool_files", "".join(self.samples()))
        self.shop.stop(agent)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small disk")
    def test_the_disk_is_almost_full(self):
        self.port = metrics_case.agent_case.free_port()
        self.open(listen=f"127.0.0.1:{self.port}")
        self.shop.spool.mkdir()
        if os.system(f"mount -t tmpfs -o size=32m tmpfs {self.shop.spool} 2>/dev/null") != 0:
            self.skipTest("may not mount")
        self.addCleanup(os.system, f"umount -l {self.shop.spool}")
        agent = self.start()
        status, checks = self.ready()
        self.assertEqual(status, 503)
        self.assertIn("MiB are free", checks["disk"]["reason"])
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
