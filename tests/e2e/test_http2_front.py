# SPDX-License-Identifier: Apache-2.0
"""A front that would rather speak HTTP/2 stands before the service: autoreg offers HTTP/1.1 only,
and works through it."""

import os
import shutil
import socket
import subprocess
import unittest

from agent_case import FAST, Case, free_port
from simulator import Simulator
from workshop import Workshop

NGHTTPX = shutil.which("nghttpx") or shutil.which("nghttpx", path="/usr/sbin")
DONE = 0


@unittest.skipUnless(NGHTTPX, "no nghttpx (Debian: package nghttp2-proxy)")
class Front(Case):
    def setUp(self):
        self.port = free_port()
        url = f"https://localhost:{self.port}"
        self.sim = self.enterContext(Simulator({"jobs": FAST, "audience": url}))
        self.shop = self.enterContext(Workshop(url))
        self.key = str(self.shop.folder / "front.key")
        self.certificate = str(self.shop.folder / "front.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        self.key, "-out", self.certificate], check=True,
                       stderr=subprocess.DEVNULL)
        self.access = self.shop.folder / "access"
        with open(self.shop.folder / "front.log", "wb") as log:
            front = subprocess.Popen(
                [NGHTTPX, "--conf=/dev/null", f"--frontend=127.0.0.1,{self.port}",
                 f"--backend=127.0.0.1,{self.sim.port}", "--workers=1", "--no-ocsp",
                 f"--accesslog-file={self.access}",
                 "--accesslog-format=$alpn $http_host $request", self.key, self.certificate],
                stdout=log, stderr=log)
        self.addCleanup(front.wait)
        self.addCleanup(front.terminate)
        self.until(self.answers, "the front does not answer")

    def answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def test_http_1(self):
        path, serials = self.shop.make_list("a.csv", 50)
        done = self.shop.run("register", "--customer", "contoso", str(path),
                             env={**os.environ, "SSL_CERT_FILE": self.certificate})
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assert_once(serials)
        lines = self.access.read_text(encoding="utf-8").splitlines()
        self.assertGreaterEqual(len(lines), 4)
        for line in lines:
            self.assertRegex(line, r"^(http/1\.1|-) ")
            self.assertTrue(line.endswith(" HTTP/1.1"), line)

    def test_the_front_does_speak_http_2(self):
        """Else the other test would prove nothing."""
        told = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}",
                               "-alpn", "h2,http/1.1"], input=b"", capture_output=True, check=False)
        self.assertIn(b"ALPN protocol: h2", told.stdout)


if __name__ == "__main__":
    unittest.main()
