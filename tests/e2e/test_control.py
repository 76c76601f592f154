# SPDX-License-Identifier: Apache-2.0
"""The agent at its control socket: asked and told, by commands and over HTTP."""

import csv
import io
import json
import socket
import time
import unittest

from simulator import Simulator
from workshop import Workshop

DONE, FAILED, PARTLY, NOT_FOUND, NO_DAEMON, CONFIG = 0, 1, 3, 6, 7, 78
WAIT_S = 60


class Case(unittest.TestCase):
    maxDiff = None

    def open(self, scenario=None, **sections):
        self.sim = self.enterContext(Simulator({"jobs": {"time": "50ms"}, **(scenario or {})}))
        self.shop = self.enterContext(Workshop(self.sim.url, **sections))

    def start(self):
        agent = self.shop.start()
        self.wait(lambda: "ready" in self.shop.log())
        return agent

    def wait(self, condition):
        deadline = time.monotonic() + WAIT_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, self.shop.log())
            time.sleep(0.02)

    def ask(self, *words, code=DONE):
        done = self.shop.run(*words)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout

    def ask_json(self, *words, code=DONE):
        return json.loads(self.ask(*words, "--json", code=code))

    def http(self, request):
        """The head and the body of a raw answer from the control socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(WAIT_S)
            s.connect(self.shop.settings["control"])
            s.sendall(request)
            answer = b""
            while piece := s.recv(65536):
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        return head.decode(), body


class Questions(Case):
    def look(self, running):
        """The same answers from the agent and, when it has gone, from the store."""
        status = self.ask_json("status")
        self.assertEqual(status["running"], running)
        contoso = next(c for c in status["customers"] if c["name"] == "contoso")
        self.assertEqual(contoso["states"].get("registered"), 2)
        self.assertEqual(contoso["consent"], "granted")
        self.assertEqual(status["queue"]["queued"], 0)
        (entry,) = self.ask_json("lists")["lists"]
        self.assertEqual((entry["id"], entry["done"], entry["states"]),
                         ("1", True, {"registered": 2, "claimed": 1}))
        (claimed,) = self.ask_json("devices", "--state", "claimed")["devices"]
        self.assertEqual((claimed["serial"], claimed["verdict"]["class"], claimed["verdict"]["code"]),
                         ("TEST00000001", "claimed_elsewhere", 808))
        self.assertEqual((claimed["line"], claimed["attempts"]), (3, 1))
        (device,) = self.ask_json("devices", "--serial", "TEST00000000")["devices"]
        self.assertEqual((device["state"], device["attempts"]), ("registered", 1))
        self.ask("devices", "--serial", "NOBODY", code=NOT_FOUND)
        self.ask("report", "77", code=NOT_FOUND)
        rows = list(csv.DictReader(io.StringIO(self.ask("report", "1", "--format", "csv")
                                               .removeprefix("\ufeff"))))
        self.assertEqual([r["State"] for r in rows], ["registered", "claimed", "registered"])
        self.assertIn("contoso", self.ask("status"))
        self.look_for_customers("fabrikam", "contso")

    def look_for_customers(self, known, unknown):
        """Of the one nothing has come yet; there is no such customer as the other."""
        for question in ("lists", "devices", "claims", "events"):
            with self.subTest(question):
                self.assertEqual(self.ask_json(question, "--customer", known), {question: []})
                document = self.ask_json(question, "--customer", unknown, code=NOT_FOUND)
                self.assertIn(unknown, document["error"]["message"])

    def test_before_there_is_anything(self):
        self.open()
        self.look_for_customers("contoso", "contso")

    def test_answers(self):
        self.open({"customers": {
            "contoso": {"tenant": Workshop.tenant("contoso"), "foreign": ["TEST00000001"]},
            "fabrikam": {"tenant": Workshop.tenant("fabrikam")}}})
        agent = self.start()
        path, _ = self.shop.make_list("a.csv", 3)
        done = self.shop.run("register", "--customer", "contoso", "--json", str(path))
        self.assertEqual(done.returncode, PARTLY, done.stderr)
        self.assertEqual(json.loads(done.stdout)["states"], {"registered": 2, "claimed": 1})
        self.look(running=True)
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())
        self.look(running=False)


class Orders(Case):
    def test_without_an_agent(self):
        self.open()
        for words in (["pause"], ["resume"], ["reload"], ["retry", "--customer", "contoso"],
                      ["release"]):
            document = self.ask_json(*words, code=NO_DAEMON)
            self.assertIn("message", document["error"])

    def test_no_such_customer(self):
        self.open()
        agent = self.start()
        for order in ("pause", "resume", "retry", "release"):
            with self.subTest(order):
                document = self.ask_json(order, "--customer", "contso", code=NOT_FOUND)
                self.assertIn("contso", document["error"]["message"])
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())

    def test_pause_and_resume(self):
        self.open()
        agent = self.start()
        self.ask("pause", "--customer", "contoso")
        self.shop.drop("contoso", devices=2)
        self.wait(lambda: self.ask_json("devices", "--state", "held")["devices"])
        self.assertEqual(self.sim.requests("create"), [])
        self.ask("resume", "--customer", "contoso")
        self.wait(lambda: len(self.ask_json("devices", "--state", "registered")["devices"]) == 2)
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())

    def test_retry(self):
        self.open({"verdicts": {"TEST00000000": {"code": 812, "name": "ZtdDeviceNotFound",
                                                 "times": 1}}})
        agent = self.start()
        self.shop.drop("contoso", devices=1)
        self.wait(lambda: self.ask_json("devices", "--state", "failed")["devices"])
        self.ask("retry", "--customer", "contoso")
        self.wait(lambda: self.ask_json("devices", "--state", "registered")["devices"])
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())

    def test_release(self):
        self.open({"verdicts": {"TEST00000000": {"code": 814, "name": "ZtdDirectoryError",
                                                 "times": 1},
                                "TEST00000001": {"code": 812, "name": "ZtdDeviceNotFound",
                                                 "times": 1}}})
        agent = self.start()
        self.shop.drop("contoso", devices=2)
        self.wait(lambda: self.ask_json("devices", "--state", "held")["devices"])
        self.wait(lambda: self.ask_json("devices", "--state", "failed")["devices"])
        self.assertEqual(self.ask_json("release", "--serial", "TEST00000001"), {"queued": 0})
        self.ask("release", "--serial", "NOBODY", code=NOT_FOUND)
        self.assertEqual(self.ask_json("release", "--customer", "contoso"), {"queued": 1})
        self.wait(lambda: self.ask_json("devices", "--state", "registered")["devices"])
        self.assertEqual(len(self.ask_json("devices", "--state", "failed")["devices"]), 1)
        (event,) = self.ask_json("events", "--kind", "released", "--customer", "contoso")["events"]
        self.assertRegex(event["actor"], r"^uid \d+$")
        self.assertEqual(event["message"], "1 device is queued again")
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())

    def test_reload(self):
        self.open()
        agent = self.start()
        del self.shop.settings["customers"]["fabrikam"]
        self.shop.write_config()
        self.ask("reload")
        self.wait(lambda: "read again" in self.shop.log())
        names = [c["name"] for c in self.ask_json("status")["customers"]]
        self.assertEqual(names, ["contoso"])
        good = self.shop.config.read_text(encoding="utf-8")
        self.shop.config.write_text(good.replace('"retry"', '"retyr"'), encoding="utf-8")
        done = self.shop.run("reload")
        self.assertEqual(done.returncode, CONFIG)
        self.assertRegex(done.stderr, rf"{self.shop.config}:\d+:\d+: error: unknown key \"retyr\"")
        self.wait(lambda: "stays in force" in self.shop.log())  # the agent has heard of it
        self.assertEqual(self.shop.run("pause").returncode, DONE)
        self.assertEqual(self.shop.run("resume").returncode, DONE)
        # This only the agent looks at.
        self.shop.config.write_text(good.replace('"seed"', '"sead"'), encoding="utf-8")
        done = self.shop.run("reload")
        self.assertEqual(done.returncode, FAILED)
        self.assertRegex(done.stderr, rf"{self.shop.config}:\d+:\d+: .*sead")
        self.assertRegex(self.shop.log(), rf"file={self.shop.config} line=\d+ column=\d+ .*sead")
        self.shop.config.write_text(good, encoding="utf-8")
        serials = self.shop.drop("contoso", devices=1)
        self.wait(lambda: self.shop.reports("contoso", ".report.csv"))
        self.assertEqual(len(serials), 1)
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())


class Wire(Case):
    def test_problems(self):
        self.open()
        agent = self.start()
        for request, status in (
                (b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"),
                (b"GET /v1/devices/NOBODY HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"),
                (b"POST /v1/lists?customer=nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                 b"Connection: close\r\n\r\nabc", "404"),
                (b"POST /v1/lists?customer=contoso&name=x HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 8\r\nConnection: close\r\n\r\n\x89PNG\r\n\x1a\n", "422")):
            with self.subTest(request):
                head, body = self.http(request)
                self.assertIn(f" {status} ", head.splitlines()[0])
                self.assertIn("application/problem+json", head)
                self.assertEqual(json.loads(body)["status"], int(status))
        for line, allowed in ((b"PUT /v1/lists", "GET, HEAD, POST"), (b"GET /v1/reload", "POST")):
            head, _ = self.http(line + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertIn(f"\r\nAllow: {allowed}\r\n", head)
        head, _ = self.http(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertIn(" 200 ", head.splitlines()[0])
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())

    def test_a_list(self):
        self.open()
        agent = self.start()
        path, _ = self.shop.make_list("a.csv", 2)
        body = path.read_bytes()
        head, answer = self.http(b"POST /v1/lists?customer=contoso&name=a.csv HTTP/1.1\r\n"
                                 b"Host: x\r\nConnection: close\r\n"
                                 + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        self.assertIn(" 202 ", head.splitlines()[0])
        number = json.loads(answer)["id"]
        self.assertRegex(number, r"^\d+$")
        self.wait(lambda: self.ask_json("lists")["lists"][0]["done"])
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())


if __name__ == "__main__":
    unittest.main()
