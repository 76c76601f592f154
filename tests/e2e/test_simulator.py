# SPDX-License-Identifier: Apache-2.0
"""The simulator itself: its options, scenarios, record, and what it holds against a client."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import uuid

from simulator import PROGRAM, Simulator, SimulatorError
from simulator_client import (
    Answer, APP, AT_ONCE, BOM, Case, Client, CONTOSO, CUSTOMERS, device, GUID, TIMEOUT_S,
)


class Violations(Case):
    def test_careful_client(self):
        sim, c = self.simulate()
        c.settled(c.create([device()]))
        c.append([device("SN-2")])
        c.listed()
        self.assert_kinds(sim)

    def test_request_ids(self):
        sim, c = self.simulate()
        c.call("GET", "/customers", headers={"MS-RequestId": None})
        c.call("GET", "/customers", headers={"MS-RequestId": "1"})
        one = {"MS-RequestId": str(uuid.uuid4())}
        c.create([device()], headers=one)
        c.create([device()], headers=one)
        c.create([device("SN-2")], headers=one)
        self.assert_kinds(sim, "request-id-missing", "request-id-malformed", "request-id-reused")

    def test_body_without_length_and_expect(self):
        sim, c = self.simulate()
        body = json.dumps({"batchId": "B", "devices": [device()]}).encode()
        connection = c.connect()
        connection.request("POST", f"/v1/customers/{CONTOSO}/deviceBatches", iter([body]), {
            "Authorization": "Bearer " + c.bearer, "Content-Type": "application/json",
            "MS-RequestId": str(uuid.uuid4()), "Transfer-Encoding": "chunked"},
            encode_chunked=True)
        self.assertEqual(Answer(connection.getresponse()).status, 202)
        connection.close()
        c.call("GET", "/customers", headers={"Expect": "100-continue"})
        self.assert_kinds(sim, "content-length-missing", "expect-header")

    def test_resent(self):
        sim, c = self.simulate({"jobs": {"override": [{"nth": 1, "time": "never"}],
                                         "time": "0ms"}})
        c.create([device()])
        c.append([device()])
        self.assert_kinds(sim, "resent-unasked")

    def test_resent_after_looking(self):
        sim, c = self.simulate({"jobs": {"time": "never"}})
        c.create([device()])
        c.listed()
        c.append([device()])
        self.assert_kinds(sim, "resent-undecided")

    def test_resent_after_a_404(self):
        sim, c = self.simulate({"jobs": {"forget_after": "0ms", "time": "never"}})
        c.status(c.create([device()]))
        c.append([device()])
        self.assert_kinds(sim)

    def test_unknown_call(self):
        sim, c = self.simulate()
        self.assertEqual(c.call("GET", "/elsewhere").status, 404)
        self.assertEqual(c.call("DELETE", "/customers").status, 405)
        self.assert_kinds(sim, "unknown-call", "delete")


class Control(Case):
    def test_consent(self):
        sim, c = self.simulate({"customers": CUSTOMERS})
        sim.post_consent("contoso", "none")
        self.assertEqual(c.customer().status, 403)
        sim.post_consent(CONTOSO, "reseller")
        self.assertEqual(c.customer().status, 200)
        for customer, state in (("nobody", "none"), ("contoso", "maybe")):
            with self.assertRaises(SimulatorError):
                sim.post_consent(customer, state)

    def test_scenario(self):
        sim, c = self.simulate({"jobs": AT_ONCE})
        c.create([device()])
        sim.post_scenario("forms: {bom: never}\npage_size: 1\n")
        self.assertEqual(c.listed().json()["totalCount"], 1)
        self.assertFalse(c.listed().body.startswith(BOM))
        with self.assertRaisesRegex(SimulatorError, r'^scenario:1:1: unknown key "foo"'):
            sim.post_scenario("foo: 1")
        self.assertFalse(c.listed().body.startswith(BOM))

    def test_counters(self):
        sim, c = self.simulate()
        c.customer()
        counters = sim.counters()
        self.assertEqual((counters["requests"]["token"], counters["requests"]["customer"]), (1, 1))
        self.assertEqual(counters["connections"], 3)

    def test_record(self):
        sim, c = self.simulate({"apps": [APP]})
        c.create([device()], batch="A B")
        c.call("GET", f"/customers/{CONTOSO}/deviceBatches/A%20B/devices?x=1")
        c.bearer = "stolen-text"
        c.customer()
        token, create, devices, customer = sim.requests()
        self.assertEqual([r["n"] for r in sim.requests()], [1, 2, 3, 4])
        self.assertEqual(token["body"]["client_secret"], "(hidden)")
        self.assertEqual(token["body"]["refresh_token"], "refresh token #1")
        self.assertEqual(create["headers"]["authorization"], "user token #1")
        self.assertEqual((create["method"], create["status"]), ("POST", 202))
        self.assertEqual(create["body"], {"batchId": "A B", "devices": [device()]})
        self.assertRegex(create["tracking"], GUID)
        self.assertEqual(devices["path"], f"/v1/customers/{CONTOSO}/deviceBatches/A%20B/devices")
        self.assertEqual((devices["query"], devices["connection"]), ("x=1", 3))
        self.assertEqual(customer["headers"]["authorization"], "unknown token")
        text = sim.record.read_text(encoding="utf-8")
        for secret in ("s3cret", "seed", "stolen-text"):
            self.assertNotIn(secret, text)
        self.assertEqual(os.stat(sim.record).st_mode & 0o777, 0o600)

    def test_connections_are_counted(self):
        sim, c = self.simulate()
        connection = c.connect()
        for _ in range(3):
            connection.request("GET", "/v1/customers", headers={"Authorization": c.bearer})
            connection.getresponse().read()
        connection.close()
        self.assertEqual({r["connection"] for r in sim.requests("customers")}, {2})


class Program(unittest.TestCase):
    maxDiff = None

    def run_program(self, *args):
        done = subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_help_and_version(self):
        code, out, err = self.run_program("--help")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("--until-eof", out)
        code, out, err = self.run_program("--version")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^autoreg-simulator \d+\.\d+\.\d+\n$")

    def test_usage(self):
        for args in (["--foo"], ["--port"], ["--port", "x"], ["--port", "65536"], ["file"],
                     ["--tls-cert", "x"], ["--tls-ca-out", "x"]):
            with self.subTest(args):
                code, out, err = self.run_program(*args)
                self.assertEqual((code, out), (2, ""))
                self.assertRegex(err, "^autoreg-simulator: [^\n]+\n$")

    def test_failures(self):
        for args in (["--scenario", "/nowhere/x"], ["--record", "/nowhere/x"],
                     ["--tls-cert", "/nowhere/x", "--tls-key", "/nowhere/x"],
                     ["--tls", "--tls-ca-out", "/nowhere/x"]):
            with self.subTest(args):
                code, out, err = self.run_program(*args)
                self.assertEqual((code, out), (1, ""))
                self.assertIn("/nowhere/x", err)

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            code, _, err = self.run_program("--port", str(taken.getsockname()[1]))
        self.assertEqual(code, 1)
        self.assertIn("cannot listen on 127.0.0.1", err)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                       text=True)
            self.assertRegex(process.stdout.readline(), r"^listening on http://127\.0\.0\.1:\d+\n$")
            process.send_signal(number)
            self.assertEqual(process.wait(TIMEOUT_S), 0)
            process.stdout.close()

    def test_tls(self):
        with Simulator(tls=True) as sim:
            self.assertTrue(sim.url.startswith("https://"))
            client = Client(sim).sign_in()
            self.assertEqual(client.customer().status, 200)
            self.assertEqual(client.token(scope=sim.url + "/.default").status, 200)

    def test_tls_with_files(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = folder + "/key.pem", folder + "/certificate.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                            "/CN=files", "-keyout", key, "-out", certificate], check=True,
                           stderr=subprocess.DEVNULL, timeout=TIMEOUT_S)
            with Simulator(options=("--tls-cert", certificate, "--tls-key", key)) as sim:
                shown = ssl.get_server_certificate(("127.0.0.1", sim.port))
            with open(certificate, encoding="ascii") as f:
                self.assertEqual(shown, f.read())

    def test_idle(self):
        with Simulator() as sim:
            with open(f"/proc/{sim.pid}/stat", encoding="ascii") as f:
                before = f.read().split()[13:15]
            time.sleep(0.3)
            with open(f"/proc/{sim.pid}/stat", encoding="ascii") as f:
                self.assertEqual(f.read().split()[13:15], before)

    def test_many_connections(self):
        with Simulator() as sim:
            many = [socket.create_connection(("127.0.0.1", sim.port)) for _ in range(300)]
            for connection in many:
                connection.close()
            self.assertEqual(Client(sim).token().status, 200)

    def test_body_too_large(self):
        with Simulator() as sim:
            with socket.create_connection(("127.0.0.1", sim.port), TIMEOUT_S) as connection:
                size = (64 << 20) + 1
                connection.sendall(b"POST /v1/customers HTTP/1.1\r\nHost: x\r\n"
                                   b"Content-Length: %d\r\n\r\n" % size)
                for _ in range(64):
                    connection.sendall(bytes(1 << 20))
                connection.sendall(b"x")
                self.assertEqual(connection.recv(12), b"HTTP/1.1 413")


class Scenarios(unittest.TestCase):
    maxDiff = None

    def refusal(self, text):
        with self.assertRaises(SimulatorError) as caught:
            Simulator(text).start().stop()
        message = str(caught.exception)
        self.assertTrue(message.startswith("autoreg-simulator: "), message)
        return message.rstrip("\n").partition("scenario.yaml:")[2]

    def test_mistakes(self):
        fault = "faults: [{on: create, then: {status: 500}, %s}]"
        then = "faults: [{on: create, then: {%s}}]"
        cases = (
            ("", "1:1: there is nothing in it"),
            ("a: [", "2:1: did not find expected node content"),
            ("--- {}\n--- {}", "2:5: a second document begins"),
            ("- a", "1:1: keys with values belongs here"),
            ("foo: 1", '1:1: unknown key "foo"'),
            ("verdict: {}", '1:1: unknown key "verdict"; did you mean verdicts'),
            ("page_size: 1\npage_size: 2", '2:1: "page_size" is there twice'),
            ("page_size: 0", "1:12: a whole number from 1 to 10000 belongs here"),
            ("page_size: [1]", "1:12: a single value belongs here"),
            ("check_hash: yes", "1:13: true or false belongs here"),
            ("partner: me", "1:10: a GUID belongs here"),
            ("existing_batch: apend", "1:17: existing_batch: apend is not known here; did you mean "
             "append"),
            ("known_to_maker: x", "1:17: a list belongs here"),
            ("token_lifetime: 5", "1:17: a time like 200ms, 2s, 1m or 1h belongs here, from 1000ms "
             "to 34560000000ms"),
            ("token_lifetime: 10ms", "1:17: a time like 200ms, 2s, 1m or 1h belongs here, from "
             "1000ms to 34560000000ms"),
            ("jobs: {time: 9999999d}", "1:14: a time like 200ms, 2s, 1m or 1h belongs here, from "
             "0ms to 34560000000ms, or never"),
            ("jobs: {nth: 1}", "1:7: nth belongs into an override"),
            ("jobs: {override: [{time: 1s}]}", "1:19: an override needs nth"),
            ("jobs: {omit_nth: [0]}", "1:19: a whole number from 1 to 4294967295 belongs here"),
            ("apps: [{tenant: x}]", "1:8: an app needs tenant and client_id"),
            ("customers: {c: {}}", "1:13: a customer needs a tenant"),
            ("faults: [{on: create}]", "1:10: a fault needs on and then"),
            ("faults: [{on: nothing, then: {}}]", "1:15: on: nothing is not known here"),
            (fault % "nth: 1, every: 2", "1:10: nth, every, from and chance exclude each other"),
            (fault % "to: 2", "1:10: to needs a from that is not above it"),
            (fault % "from: 3, to: 2", "1:10: to needs a from that is not above it"),
            (fault % "chance: 1.5", "1:52: a share from 0 to 1 belongs here"),
            (then % "", "1:29: exactly one thing can happen then"),
            (then % "status: 500, delay: 1s", "1:29: exactly one thing can happen then"),
            (then % "delay: 1s, body: x", "1:29: body belongs to status only"),
            (then % "aadsts: 1", "1:10: aadsts belongs to on: token or device_code only"),
            (then % "token_expired: false", "1:45: token_expired: false is not known here"),
            ("faults: [{on: token, then: {token_expired: true}}]",
             "1:10: on: token has no token that could expire"),
            ('audience: "a\\0b"', "1:11: a NUL stands in the text"),
        )
        for text, message in cases:
            with self.subTest(text):
                self.assertEqual(self.refusal(text), message)

    def test_example_of_the_readme(self):
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "simulator",
                            "README.md")
        with open(path, encoding="utf-8") as f:
            example = re.search(r"```yaml\n(.*?)```", f.read(), re.DOTALL)[1]
        with Simulator(example) as sim:
            self.assertEqual(len(sim.books()["customers"]), 2)


if __name__ == "__main__":
    unittest.main()
