#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent asked over the network: TLS, a token, client certificates, names, and their renewal."""

import http.client
import json
import os
import pathlib
import secrets
import signal
import socket
import ssl
import subprocess
import unittest
import warnings

import agent_case
from certificates import make_certificate

TOKEN = secrets.token_hex(16)
DONE = 0
NOBODY, GROUP = 65534, 4711
OWN_CERTIFICATE = 'autoreg_certificate_not_after_timestamp_seconds{service="server"}'


class Case(agent_case.Case):
    def prepare(self, listen="0.0.0.0", token=TOKEN, tls=True, clients=False, **server):
        """An agent's configuration that serves the network; self.port."""
        self.open()
        self.port = agent_case.free_port()
        folder = self.shop.folder
        self.ca = make_certificate(folder / "ca")
        make_certificate(folder / "client", self.ca)
        self.renew()
        if tls:
            server |= {"certificate": {"file": "server.pem"}, "private_key": {"file": "server.key"}}
        if token:
            self.write_token(token)
            server["token"] = {"file": "token"}
        if clients:
            server["client_ca"] = {"file": "ca.pem"}
        host = f"[{listen}]" if ":" in listen else listen
        self.shop.settings |= {"listen": f"{host}:{self.port}", "server": server}
        self.shop.write_config()

    def write_token(self, token):
        path = self.shop.folder / "token"
        path.write_text(token + "\n", encoding="ascii")
        path.chmod(0o600)

    def renew(self):
        """Another certificate of the server, in the place of the old one. Its serial number."""
        certificate, _ = make_certificate(self.shop.folder / "server", self.ca,
                                          hosts=("localhost", "127.0.0.1", "::1"))
        return certificate.serial_number

    def tls(self, client=None):
        context = ssl.create_default_context(cafile=str(self.shop.folder / "ca.pem"))
        if client:
            context.load_cert_chain(self.shop.folder / f"{client}.pem",
                                    self.shop.folder / f"{client}.key")
        return context

    def connect(self, client=None, host="127.0.0.1"):
        plain = socket.create_connection((host, self.port), timeout=agent_case.WAIT_S)
        secure = self.tls(client).wrap_socket(plain, server_hostname=host)
        self.addCleanup(secure.close)
        return secure

    def ask(self, target="/healthz", token=TOKEN, method="GET", client=None, host="127.0.0.1",
            **headers):
        """Status, headers and body of one answer over TLS."""
        connection = http.client.HTTPSConnection(host, self.port, context=self.tls(client),
                                                 timeout=agent_case.WAIT_S)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, target, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def serial(self):
        der = self.connect().getpeercert()["serialNumber"]
        return int(der, 16)

    def assert_end_is_told(self):
        """The metric has the end of the certificate that is shown."""
        ends = ssl.cert_time_to_seconds(self.connect().getpeercert()["notAfter"])
        self.assertIn(f"\n{OWN_CERTIFICATE} {ends}.000\n", self.ask("/metrics")[2])

    def follow(self):
        """A stream of events that has begun."""
        stream = self.connect()
        stream.sendall(f"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}"
                       "\r\n\r\n".encode())
        got = b""
        while b"event: states" not in got:
            piece = stream.recv(65536)
            self.assertTrue(piece, got)
            got += piece
        return stream

    def reload(self, code=DONE):
        done = self.shop.run("reload")
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr


class Refused(Case):
    def refuse(self, *needles):
        """Neither checked nor started, for that reason."""
        for command in (["config", "check"], ["run"]):
            done = self.shop.run(*command)
            self.assertNotEqual(done.returncode, DONE)
            for needle in needles:
                self.assertIn(needle, done.stdout + done.stderr)

    def test_without_tls(self):
        self.prepare(tls=False)
        self.refuse('listen: "0.0.0.0" is not on loopback, and there is no TLS',
                    "Add server: {certificate: {file: PATH}, private_key: {file: PATH}")

    def test_without_a_question(self):
        self.prepare(token=None)
        self.refuse('listen: "0.0.0.0" is not on loopback, and nobody is asked who it is')

    def test_ipv6(self):
        self.prepare(listen="::", token=None)
        self.refuse('listen: "::" is not on loopback, and nobody is asked who it is')

    def test_secrets_that_cannot_be_used(self):
        self.prepare()
        self.write_token("short")
        done = self.shop.run("run")
        self.assertNotEqual(done.returncode, DONE)
        self.assertIn("server: token: it has fewer than 16 characters", done.stderr)
        self.write_token(TOKEN)
        make_certificate(self.shop.folder / "other", self.ca)
        self.shop.settings["server"]["private_key"] = {"file": "other.key"}
        self.shop.write_config()
        done = self.shop.run("run")
        self.assertNotEqual(done.returncode, DONE)
        self.assertIn("certificate and private_key do not belong together", done.stderr)


class Token(Case):
    def test_asked_for(self):
        self.prepare(names=["agent.example"])
        agent = self.start()
        status, _, body = self.ask()
        self.assertEqual((status, body), (200, "ok\n"))
        self.assertEqual(self.ask("/metrics")[0], 200)
        self.assert_end_is_told()
        self.assertEqual(self.ask(method="HEAD")[0], 200)
        for token, reason in ((None, "a token is needed"), ("x" * 32, "is not the one"),
                              (TOKEN[:-1], "is not the one"), (TOKEN + "x", "is not the one")):
            with self.subTest(token):
                status, headers, body = self.ask("/metrics", token)
                self.assertEqual(status, 401)
                self.assertEqual(headers["WWW-Authenticate"], 'Bearer realm="autoreg"')
                self.assertEqual(headers["Content-Type"], "application/problem+json")
                self.assertEqual(headers["Connection"].lower(), "close")
                self.assertIn(reason, json.loads(body)["detail"])
        self.assertEqual(self.ask(token=None, Authorization=f"Basic {TOKEN}")[0], 401)
        # Whoever may not ask does not learn what there is.
        self.assertEqual(self.ask("/nothing", None)[0], 401)
        self.assertEqual(self.ask("/nothing")[0], 404)
        self.assertEqual(self.ask("/v1/reload", method="POST")[0], 405)
        for host, status in (("localhost", 200), ("agent.example:1", 200), ("192.0.2.1", 200),
                             ("AGENT.example", 200), ("evil.example", 403), ("", 403)):
            with self.subTest(host):
                self.assertEqual(self.ask(Host=host)[0], status)
        self.stop(agent)
        self.assertNotIn(TOKEN, self.shop.log())

    def test_on_loopback_without_tls(self):
        self.prepare(listen="127.0.0.1", tls=False)
        agent = self.start()
        for token, status in ((TOKEN, 200), ("x" * 32, 401)):
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            self.addCleanup(connection.close)
            connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            self.assertEqual(answer.status, status)
            self.assertNotIn(f"\n{OWN_CERTIFICATE} ", answer.read().decode())
        self.stop(agent)

    def test_ipv6(self):
        self.prepare(listen="::1")
        agent = self.start()
        self.assertEqual(self.ask(host="::1")[0], 200)
        self.stop(agent)


class ClientCertificates(Case):
    def test_asked_for(self):
        self.prepare(token=None, clients=True)
        stranger = make_certificate(self.shop.folder / "stranger-ca")
        make_certificate(self.shop.folder / "stranger", stranger)
        make_certificate(self.shop.folder / "late", self.ca, days=-1)
        agent = self.start()
        self.assertEqual(self.ask(client="client")[0], 200)
        for client, reason in ((None, "none was shown"), ("stranger", "none of those"),
                               ("late", "has expired")):
            with self.subTest(client):
                status, headers, body = self.ask(client=client)
                self.assertEqual(status, 403)
                self.assertEqual(headers["Content-Type"], "application/problem+json")
                self.assertIn(reason, json.loads(body)["detail"])
        self.stop(agent)

    def test_beside_a_token(self):
        self.prepare(clients=True)
        agent = self.start()
        self.assertEqual(self.ask(client="client")[0], 200)
        self.assertEqual(self.ask(client="client", token=None)[0], 401)
        self.assertEqual(self.ask()[0], 403)
        self.stop(agent)


class Renewal(Case):
    def test_a_new_certificate(self):
        self.prepare()
        agent = self.start()
        first = self.serial()
        stream = self.follow()
        idle = self.connect()

        self.reload()  # to the same
        self.until_logged("read again")
        stream.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            while stream.recv(65536):
                pass
        stream.settimeout(agent_case.WAIT_S)

        second = self.renew()
        self.assertEqual(self.serial(), first)  # not before somebody says so
        agent.send_signal(signal.SIGHUP)
        self.until(lambda: self.serial() == second, "the new certificate is not shown")
        self.assertNotEqual(first, second)
        self.assertEqual(self.ask()[0], 200)
        self.assert_end_is_told()
        # Who came by the old one is sent off, the stream with its proper end.
        got = b""
        while piece := stream.recv(65536):
            got += piece
        self.assertTrue(got.endswith(b"0\r\n\r\n"), got)
        self.assertEqual(idle.recv(1), b"")
        self.stop(agent)

    def test_one_that_cannot_be_used(self):
        self.prepare()
        agent = self.start()
        first = self.serial()
        (self.shop.folder / "server.pem").write_bytes(
            (self.shop.folder / "client.pem").read_bytes())
        self.assertIn("do not belong together", self.reload(code=1))
        self.assertEqual(self.serial(), first)
        self.assertEqual(self.ask()[0], 200)
        del self.shop.settings["server"]["certificate"]
        del self.shop.settings["server"]["private_key"]
        self.shop.settings["listen"] = f"127.0.0.1:{self.port}"
        self.shop.write_config()
        self.reload(code=1)
        self.assertEqual(self.serial(), first)
        self.stop(agent)

    def test_a_new_token(self):
        self.prepare()
        agent = self.start()
        kept = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls())
        self.addCleanup(kept.close)
        kept.request("GET", "/healthz", headers={"Authorization": f"Bearer {TOKEN}"})
        self.assertEqual(kept.getresponse().read(), b"ok\n")
        other = secrets.token_hex(16)
        self.write_token(other)
        self.reload()
        self.assertEqual(self.ask(token=other)[0], 200)
        self.assertEqual(self.ask(token=TOKEN)[0], 401)
        self.assertEqual(kept.sock.recv(1), b"")  # the old one does not live on in a connection
        self.stop(agent)


class Wire(Case):
    def test_no_old_tls(self):
        self.prepare()
        agent = self.start()
        context = self.tls()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", self.port)) as plain:
            with self.assertRaises(ssl.SSLError):
                context.wrap_socket(plain, server_hostname="127.0.0.1")
        self.assertEqual(self.ask()[0], 200)
        self.stop(agent)

    def test_no_plain_http(self):
        self.prepare()
        agent = self.start()
        with socket.create_connection(("127.0.0.1", self.port), agent_case.WAIT_S) as plain:
            plain.sendall(f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}"
                          "\r\n\r\n".encode())
            got = b""
            try:
                while piece := plain.recv(4096):
                    got += piece
            except ConnectionResetError:
                pass
        self.assertNotIn(b"HTTP/", got)
        self.assertEqual(self.ask()[0], 200)
        self.stop(agent)


ASK_AS_SOMEBODY = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
got = b""
while piece := s.recv(4096):
    got += piece
print(got.decode())
"""


@unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
class ControlSocket(Case):
    def ask_as(self, *groups):
        """What a user without a name is answered at the socket."""
        done = subprocess.run(
            ["/usr/bin/python3", "-c", ASK_AS_SOMEBODY, self.shop.settings["control"]],
            user=NOBODY, group=NOBODY, extra_groups=groups, capture_output=True, text=True,
            check=True)
        return done.stdout

    def test_who_may_use_it(self):
        """Also if somebody else has made it, and left it open."""
        self.open()
        agent = self.start()
        control = pathlib.Path(self.shop.settings["control"])
        self.shop.folder.chmod(0o711)
        os.chown(control, 0, GROUP)
        control.chmod(0o666)
        # The group of the file counts as it was when the agent began to listen there: root's.
        self.assertIn("403 Forbidden", self.ask_as(GROUP))
        self.assertIn("for the members of its group", self.ask_as())
        self.assertIn("200 OK", self.ask_as(0))
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
