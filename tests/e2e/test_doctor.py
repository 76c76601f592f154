# SPDX-License-Identifier: Apache-2.0
"""What "autoreg doctor" finds: each thing that can be wrong, with what to do, and nothing disturbed."""

import email.utils
import http.server
import json
import os
import socketserver
import threading
import time
import unittest

from agent_case import Case
from simulator import Simulator
from workshop import TENANTS, Workshop

DONE, FAILED, USAGE, AUTH, TEMPORARY, CONFIG = 0, 1, 2, 4, 5, 78
NORTHWIND = {"tenant": "11111111-1111-4111-8111-111111111111",
             "client_id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "secret": "secret",
             "refresh_tokens": ["seed"]}


class DoctorCase(Case):
    def open(self, scenario=None, state=True, **sections):
        super().open(scenario, **sections)
        if state:
            self.shop.state.mkdir(mode=0o700)

    def look(self, code, *words, **options):
        """What was found, by name and subject: status, message, advice."""
        words = words or ("doctor",)
        done = self.shop.run(*words, "--json", **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        checks = json.loads(done.stdout)["checks"]
        for check in checks:
            self.assertEqual(set(check), {"name", "subject", "status", "message", "advice"})
            if check["status"] == "failed":
                self.assertTrue(check["advice"] or "." in check["message"], check)
        return checks

    def one(self, checks, name, subject=""):
        (found,) = [c for c in checks if c["name"] == name and subject in c["subject"]]
        return found

    def assert_check(self, checks, name, status, message="", advice="", subject=""):
        check = self.one(checks, name, subject)
        self.assertEqual(check["status"], status, check)
        self.assertIn(message, check["message"])
        self.assertIn(advice, check["advice"] or "")


class Fine(DoctorCase):
    def test_alone(self):
        self.open()
        for _ in range(2):  # what the first has made of the refresh token is what the second uses
            checks = self.look(DONE)
            self.assert_check(checks, "configuration", "ok")
            self.assert_check(checks, "agent", "warning", "none is running", "systemctl start")
            self.assert_check(checks, "state", "ok")
            self.assert_check(checks, "disk", "ok", "MiB")
            self.assert_check(checks, "credentials", "ok", "2 can be read")
            for name in ("dns", "tls", "clock"):
                self.assert_check(checks, name, "ok", subject=self.sim.url)
            self.assert_check(checks, "token", "ok", subject="partner/northwind")
            self.assert_check(checks, "call", "ok", subject="partner/northwind")
        self.assertEqual(self.sim.counters()["requests"]["customers"], 2)
        self.assertEqual(self.sim.violations(), [])

    def test_text(self):
        self.open()
        done = self.shop.run("doctor")
        self.assertRegex(done.stdout, r"(?m)^warn  agent \S+: none is running\n      Start it")
        self.assertRegex(done.stdout, r"(?m)^ok    clock \S+: this machine is \d+ s ahead of")

    def test_beside_an_agent(self):
        self.open(state=False)
        self.start()
        checks = self.look(DONE)
        self.assert_check(checks, "agent", "ok", "is running")
        self.assert_check(checks, "token", "ok", "the agent")
        self.assert_check(checks, "call", "ok", "the agent")
        asked = self.sim.counters()["requests"]["token"]
        self.look(DONE)
        self.assertEqual(self.sim.counters()["requests"]["token"], asked)
        self.assertEqual(self.sim.violations(), [])

    def test_changes_nothing(self):
        self.open(state=False)
        self.assert_check(self.look(DONE), "token", "skipped", "state folder")
        self.assertFalse(self.shop.state.exists())
        self.assertFalse(self.shop.spool.exists())
        self.assertEqual(self.sim.counters()["requests"].get("token", 0), 0)

    def test_tls(self):
        sim = self.enterContext(Simulator(tls=True))
        self.shop = self.enterContext(Workshop(sim.url))
        checks = self.look(DONE, env={**os.environ, "SSL_CERT_FILE": str(sim.ca)})
        self.assert_check(checks, "tls", "ok", "autoreg-simulator CA, good until ")
        checks = self.look(FAILED)
        self.assert_check(checks, "tls", "failed")

    def test_online(self):
        self.open()
        checks = self.look(DONE, "config", "check", "--online")
        self.assert_check(checks, "token", "ok")
        self.assertFalse({"call", "spool"} & {c["name"] for c in checks})
        self.assertEqual(self.shop.run("config", "show", "--online").returncode, USAGE)
        self.sim.post_scenario({"faults": [{"on": "token", "then": {"aadsts": 7000215}}]})
        self.assert_check(self.look(AUTH, "config", "check", "--online"), "token", "failed",
                          "AADSTS7000215")


class Machine(DoctorCase):
    def test_configuration(self):
        self.open()
        self.shop.settings["batch"] = {"max_device": 5}
        self.shop.write_config()
        for words in (("doctor",), ("config", "check", "--online")):
            (check,) = self.look(CONFIG, *words)
            self.assertRegex(check["subject"], r"autoreg\.yaml:\d+:\d+$")
            self.assertIn("max_device", check["message"])

    def test_a_secret_that_others_can_read(self):
        self.open()
        (self.shop.folder / "secret").chmod(0o644)
        self.assert_check(self.look(CONFIG), "configuration", "failed", "others")

    def test_a_credential_of_the_service(self):
        self.open()
        auth = self.shop.settings["partners"]["northwind"]["auth"]
        auth["client_secret"] = {"credential": "northwind-secret"}
        self.shop.write_config()
        checks = self.look(DONE)
        self.assert_check(checks, "credentials", "skipped", "service manager", "LoadCredential=")
        self.assertNotIn("token", {c["name"] for c in checks})
        folder = self.shop.folder / "credentials"
        folder.mkdir(mode=0o700)
        env = {**os.environ, "CREDENTIALS_DIRECTORY": str(folder)}
        self.assert_check(self.look(CONFIG, env=env), "configuration", "failed")
        (folder / "northwind-secret").write_text("secret", encoding="ascii")
        (folder / "northwind-secret").chmod(0o600)
        self.assert_check(self.look(DONE, env=env), "token", "ok")

    def test_state(self):
        self.open()
        self.shop.state.chmod(0o755)
        checks = self.look(FAILED)
        self.assert_check(checks, "state", "failed", "0755", "chmod 700")
        self.assert_check(checks, "token", "skipped")
        self.shop.state.rmdir()
        self.shop.state.write_text("", encoding="ascii")
        self.assert_check(self.look(FAILED), "state", "failed", "no folder")

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a folder away")
    def test_another_user(self):
        self.open()
        os.chown(self.shop.state, 12345, 12345)
        checks = self.look(DONE)
        self.assert_check(checks, "state", "warning", "uid 12345", "as the user")
        self.assert_check(checks, "token", "skipped")
        self.assertEqual(list(self.shop.state.iterdir()), [])

    def test_spool(self):
        self.open()
        (self.shop.spool / "contosso").mkdir(parents=True)
        self.assert_check(self.look(DONE), "spool", "warning", "no customer", subject="contosso")

    @unittest.skipIf(os.geteuid() == 0, "root may do everything")
    def test_spool_that_is_not_ours(self):
        self.open()
        (self.shop.spool / "contoso").mkdir(parents=True, mode=0o500)
        self.assert_check(self.look(FAILED), "spool", "failed", subject="contoso")

    def test_an_agent_of_another_version(self):
        self.open()

        class Old(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b'{"version":"0.0.1","partners":[]}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self):
                return ""

            def log_message(self, *_):
                pass

        server = socketserver.UnixStreamServer(self.shop.settings["control"], Old)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        checks = self.look(DONE, "config", "check", "--online")
        thread.join()
        self.assert_check(checks, "agent", "warning", "0.0.1", "restart")


class Services(DoctorCase):
    def at(self, url):
        self.shop = self.enterContext(Workshop(url))
        self.shop.state.mkdir(mode=0o700)

    def test_no_such_name(self):
        self.at("https://nowhere.invalid")
        checks = self.look(TEMPORARY)
        self.assert_check(checks, "dns", "failed", "nowhere.invalid", "getent")
        self.assertNotIn("tls", {c["name"] for c in checks})

    def test_nobody_answers(self):
        self.at("http://127.0.0.1:9")
        checks = self.look(TEMPORARY)
        self.assert_check(checks, "tls", "failed", "no connection", "firewall")
        self.assert_check(checks, "token", "failed")

    def skewed(self, by_s):
        class Skewed(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response_only(404)
                self.send_header("Date", email.utils.formatdate(time.time() + by_s, usegmt=True))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Skewed)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def test_clock(self):
        self.open()
        for by_s, code, status, word in ((30, DONE, "ok", "behind"), (120, DONE, "warning", "behind"),
                                         (-120, DONE, "warning", "ahead of"),
                                         (900, FAILED, "failed", "behind")):
            with self.subTest(by_s):
                # Only one of the two is off; the tokens come from the other.
                lab = self.shop.settings["clouds"]["lab"]
                lab.update(partner_center=self.skewed(by_s), audience=self.sim.url)
                self.shop.write_config()
                checks = self.look(code, "config", "check", "--online")
                self.assert_check(checks, "clock", status, word, subject=lab["partner_center"],
                                  advice="timedatectl" if status != "ok" else "")

    def test_tokens(self):
        self.open()
        for number, code in ((7000215, AUTH), (700082, AUTH), (50076, AUTH), (90033, TEMPORARY)):
            with self.subTest(number):
                self.sim.post_scenario({"faults": [{"on": "token", "then": {"aadsts": number}}]})
                checks = self.look(code)
                self.assert_check(checks, "token", "failed", f"AADSTS{number}")
                self.assertNotIn("call", {c["name"] for c in checks})

    def test_calls(self):
        self.open()
        for fault, code in (({"status": 503}, TEMPORARY), ({"cut": "before"}, TEMPORARY)):
            with self.subTest(fault):
                self.sim.post_scenario({"faults": [{"on": "customers", "then": fault}]})
                self.assert_check(self.look(code), "call", "failed")
        self.sim.post_scenario({"apps": [{**NORTHWIND, "role": "reseller"}]})
        checks = self.look(AUTH)
        self.assert_check(checks, "call", "failed", "1002")

    def test_calls_through_the_agent(self):
        self.open({"apps": [{**NORTHWIND, "role": "reseller"}]}, state=False)
        self.start()
        self.assert_check(self.look(AUTH), "call", "failed", "1002")


class Makers(DoctorCase):
    def open(self, token, **more):
        (customer := Workshop.customer("contoso"))["via"] = "oem/fabrikam"
        self.sim = self.enterContext(Simulator({
            "customers": {"contoso": {"tenant": TENANTS["contoso"], "domain": customer["domain"]}},
            "maker": {"token": "t0ken"}}))
        self.shop = self.enterContext(Workshop(
            self.sim.url, {"contoso": customer} if more.get("customer", True) else
            {"adatum": Workshop.customer("adatum")},
            oems={"fabrikam": {"profile": "reference-v1", "base_url": self.sim.url,
                               "auth": {"method": "bearer", "token": {"file": "maker-token"}}}}))
        path = self.shop.folder / "maker-token"
        path.write_text(token, encoding="ascii")
        path.chmod(0o600)
        self.shop.state.mkdir(mode=0o700)

    def test_fine(self):
        self.open("t0ken")
        self.assert_check(self.look(DONE), "call", "ok", subject="oem/fabrikam")
        self.assertEqual(self.sim.violations(), [])

    def test_refused(self):
        self.open("wr0ng")
        self.assert_check(self.look(AUTH), "call", "failed", subject="oem/fabrikam")

    def test_nobody_to_ask_about(self):
        self.open("t0ken", customer=False)
        self.assert_check(self.look(DONE), "call", "skipped", subject="oem/fabrikam")


if __name__ == "__main__":
    unittest.main()
