# SPDX-License-Identifier: Apache-2.0
"""What proves to a maker's service who we are: shown, watched, and read again on reload."""

import http.server
import json
import pathlib
import shutil
import signal
import ssl
import subprocess
import threading
import time
import unittest

import agent_case

BUILT_IN = pathlib.Path(__file__).parents[2] / "config" / "reference-v1.yaml"
DAY_S = 24 * 60 * 60


class Service:
    """A maker's service that cannot do anything, but notes who asked: the subject of the
    certificate, if it wants any, and the token."""

    def __init__(self, folder=None):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                subject = self.connection.getpeercert()["subject"] if folder else ()
                token = self.headers.get("Authorization")
                seen.append((dict(pair[0] for pair in subject).get("commonName"), token))
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                self.send_response(401 if token == "Bearer bad" else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http{'s' if folder else ''}://127.0.0.1:{self._server.server_port}"
        if folder:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(folder / "service.pem", folder / "service.key")
            tls.load_verify_locations(folder / "known.pem")
            tls.verify_mode = ssl.CERT_REQUIRED
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class OemCredentials(agent_case.Case):
    def make(self, name, days, *more):
        """A key pair with a certificate of its own signature."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                        f"/CN={name}", "-days", str(days), "-keyout",
                        str(self.shop.folder / f"{name}.key"), "-out",
                        str(self.shop.folder / f"{name}.pem"), *more],
                       check=True, capture_output=True)
        (self.shop.folder / f"{name}.key").chmod(0o600)

    def put(self, name):
        """The pair that the configuration names."""
        for suffix in ("pem", "key"):
            shutil.copy(self.shop.folder / f"{name}.{suffix}",
                        self.shop.folder / f"current.{suffix}")
        (self.shop.folder / "current.key").chmod(0o600)

    def oem(self, url, **auth):
        return {"profile": str(self.shop.folder / "profile.yaml"), "base_url": url,
                "auth": {"method": "mtls", "certificate": {"file": "current.pem"},
                         "private_key": {"file": "current.key"}, **auth}}

    def prepare(self, url="https://oem.example"):
        self.shop.settings["oems"] = {"fabrikam": self.oem(url)}
        self.shop.write_config()
        profile = BUILT_IN.read_text(encoding="utf-8")
        (self.shop.folder / "profile.yaml").write_text(
            profile + "tls: {ca_file: service.pem}\n", encoding="utf-8")

    def status(self):
        done = self.shop.run("status", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["oems"][0]

    def warnings(self):
        done = self.shop.run("events", "--json")
        return [e["message"] for e in json.loads(done.stdout)["events"]
                if e["kind"] == "certificate_expiring"]

    def days_left(self):
        until = self.status()["certificate_until"]
        return (time.mktime(time.strptime(until, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
                - time.time()) / DAY_S

    def test_the_end_of_a_certificate_is_told(self):
        self.open()
        self.make("service", 30)
        self.make("short", 10)
        self.make("long", 300)
        self.put("short")
        self.prepare()
        agent = self.start()
        self.until(self.warnings, "nobody is warned")
        self.assertIn("in 14 days or less", self.warnings()[0])
        self.assertIn("oem/fabrikam", self.warnings()[0])
        self.assertEqual(self.status()["credential"], "valid")
        self.assertAlmostEqual(self.days_left(), 10, delta=0.1)
        self.stop(agent)

        agent = self.start()
        self.assertEqual(len(self.warnings()), 1)  # not again

        self.put("long")
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.until(lambda: self.days_left() > 200, "the new one is not read")

        # Another one's key: the agent goes on with what it has.
        shutil.copy(self.shop.folder / "short.key", self.shop.folder / "current.key")
        done = self.shop.run("reload")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("do not belong together", done.stderr)
        self.assertGreater(self.days_left(), 200)
        self.assertEqual(len(self.warnings()), 1)
        self.stop(agent)

    def test_the_service_sees_the_certificate(self):
        self.open()
        self.make("service", 30, "-addext", "subjectAltName=IP:127.0.0.1")
        self.make("first", 300)
        self.make("second", 300)
        known = [(self.shop.folder / f"{n}.pem").read_text() for n in ("first", "second")]
        (self.shop.folder / "known.pem").write_text("".join(known))
        service = Service(self.shop.folder)
        self.addCleanup(service.close)
        self.put("first")
        self.prepare(service.url)
        self.shop.settings["customers"]["adatum"] = self.shop.customer("adatum",
                                                                       via="oem/fabrikam")
        self.shop.write_config()
        agent = self.start()
        self.shop.drop("adatum", devices=1)
        self.until(lambda: service.seen, "nothing comes")
        self.put("second")
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.until(lambda: service.seen[-1][0] == "second", "the new one is not shown")
        self.assertEqual({s for s in service.seen}, {("first", None), ("second", None)})
        self.assertEqual(self.shop.log().count("PRIVATE KEY"), 0)
        self.stop(agent)

    def write_token(self, token):
        path = self.shop.folder / "token"
        path.write_text(token + "\n", encoding="ascii")
        path.chmod(0o600)

    def test_another_token_is_tried_after_a_reload(self):
        service = Service()
        self.addCleanup(service.close)
        self.open()
        self.shop.settings["oems"] = {"fabrikam": {
            "profile": "reference-v1", "base_url": service.url,
            "auth": {"method": "bearer", "token": {"file": "token"}}}}
        self.shop.settings["customers"]["adatum"] = self.shop.customer("adatum",
                                                                       via="oem/fabrikam")
        self.shop.write_config()
        self.write_token("bad")
        agent = self.start()
        self.shop.drop("adatum", devices=1)
        self.until(lambda: self.status()["credential"] == "refused", "it is not refused")
        self.assertIsNone(self.status()["certificate_until"])
        self.assertTrue(self.status()["message"])
        self.write_token("other")
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.until(lambda: service.seen[-1] == (None, "Bearer other"), "it is not tried")
        self.until(lambda: self.status()["credential"] == "valid", "it is still refused")
        self.assertNotIn("Bearer", self.shop.log())
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
