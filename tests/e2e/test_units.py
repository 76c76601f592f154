# SPDX-License-Identifier: Apache-2.0
"""Units as a production line finishes them: over the control socket, by the command, and its gate."""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import unittest

import agent_case
import harness
from harness import make_list
from workshop import TAG, Workshop

DONE, FAILED, USAGE, PARTLY, NOT_FOUND, NO_DAEMON = 0, 1, 2, 3, 6, 7
LINE_CLIENT = pathlib.Path(__file__).parents[2] / "docs" / "examples" / "line-client.sh"
NDJSON = "application/x-ndjson"


class Line:
    """A connection to the control socket, which is kept."""

    def __init__(self, shop):
        self.link = http.client.HTTPConnection("localhost", timeout=agent_case.WAIT_S)
        self.link.sock = socket.socket(socket.AF_UNIX)
        self.link.sock.connect(shop.settings["control"])

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.link.close()

    def ask(self, method, target, body=None, kind="application/json"):
        """Status, content type and text."""
        self.link.request(method, target, body, {"Content-Type": kind} if body else {})
        answer = self.link.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()

    def put(self, unit, customer=None):
        """Status and document."""
        target = "/v1/units" + (f"?customer={customer}" if customer else "")
        status, _, text = self.ask("POST", target, json.dumps(unit))
        return status, json.loads(text)

    def put_all(self, units, customer=None):
        """The answers, one for each line."""
        target = "/v1/units" + (f"?customer={customer}" if customer else "")
        body = "".join(json.dumps(u) + "\n" if isinstance(u, dict) else u for u in units)
        status, kind, text = self.ask("POST", target, body, NDJSON)
        assert (status, kind) == (200, NDJSON), text
        return [json.loads(line) for line in text.splitlines()]


def unit(serial, **more):
    return {"customer": "contoso", "serial": serial, "manufacturer": "Contoso", "model": "Book 14",
            **more}


class Case(agent_case.Case):
    def run_shop(self, *words, code=DONE, **options):
        done = self.shop.run(*words, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def line(self):
        return self.enterContext(Line(self.shop))

    def open_paused(self, **sections):
        """Nothing is sent, so that states stay as they are."""
        self.open(**sections)
        agent = self.start()
        self.run_shop("pause")
        return agent

    def state(self, serial):
        done = self.shop.run("gate", "--json", serial)
        return json.loads(done.stdout)["gate"][0]


class Socket(Case):
    def test_one_unit(self):
        self.open_paused()
        line = self.line()
        status, told = line.put(unit("PF1"))
        self.assertEqual((status, told), (202, {
            "serial": "PF1", "accepted": True, "list": "1", "state": "queued", "known": False,
            "held_for": None}))
        status, told = line.put(unit("PF1"))
        self.assertEqual((status, told["accepted"], told["known"]), (202, True, True))
        status, told = line.put({**unit("PF2"), "customer": None}, customer="fabrikam")
        self.assertEqual((status, told["list"]), (202, "2"))

    def test_refusals(self):
        self.open_paused()
        line = self.line()
        device = make_list.device(0)
        for name, body, code, serial in (
                ("no object", "[]", "not-a-unit", None),
                ("empty", " ", "not-a-unit", None),
                ("unknown member", json.dumps(unit("PF1", colour="red")), "not-a-unit", None),
                ("twice", '{"serial":"A","serial":"B"}', "not-a-unit", None),
                ("a number", '{"serial":7}', "not-a-unit", None),
                ("nobody's", json.dumps({"serial": "PF1"}), "customer-unknown", "PF1"),
                ("unknown customer", json.dumps(unit("PF1", customer="x")), "customer-unknown",
                 "PF1"),
                ("placeholder", json.dumps(unit("Default string")), "placeholder-serial",
                 "Default string"),
                ("no model", json.dumps(unit("PF1", model="")), "no-identity", "PF1"),
                ("wrong tag", json.dumps(unit("PF1", group_tag="X")), "tag-mismatch", "PF1"),
                ("near tag", json.dumps(unit("PF1", group_tag=TAG.lower())), "tag-near-miss", "PF1"),
                ("other hash", json.dumps(unit("PF1", hash=device.hash)), "serial-mismatch", "PF1"),
                ("bad hash", json.dumps(unit("PF1", hash=device.hash[:800])), "hash-truncated", "PF1"),
                ("product key", json.dumps(unit("AAAAA-BBBBB-CCCCC-DDDDD-EEEEE")), "product-key",
                 None),
                ("long order", json.dumps(unit("PF1", order="x" * 257)), "value-too-long", "PF1"),
                ("replaces nobody", json.dumps(unit("PF1", replaces="PF0")), "replaces-unknown",
                 "PF1"),
                ("replaces itself", json.dumps(unit("PF1", replaces="pf1")), "replaces-unknown",
                 "PF1")):
            with self.subTest(name):
                status, kind, text = line.ask("POST", "/v1/units", body)
                told = json.loads(text)
                self.assertEqual((status, kind), (422, "application/problem+json"), text)
                self.assertEqual((told["accepted"], told["code"], told["serial"]),
                                 (False, code, serial), text)
                self.assertTrue(told["detail"] and told["advice"])
                self.assertNotIn("AAAAA", text)
        self.assertEqual(line.ask("POST", "/v1/units", " " * 300_000)[0], 413)
        self.assertEqual(line.ask("POST", "/v1/units?colour=red", "{}")[0], 400)
        self.run_shop("gate", "PF1", code=NOT_FOUND)

    def test_hashes_of_a_partner_are_sent(self):
        self.open()
        agent = self.start()
        device = make_list.device(0)
        line = self.line()
        status, told = line.put({"customer": "contoso", "hash": device.hash})
        self.assertEqual((status, told["serial"]), (202, device.serial))
        status, _, text = line.ask("GET", f"/v1/gate/{device.serial}?wait=60s")
        self.assertEqual((status, json.loads(text)["gate"][0]["registered"]), (200, True), text)
        self.assert_once([device.serial])
        self.stop(agent)

    def test_many_lines(self):
        """In their order, good and bad, from memory and from a file."""
        self.open_paused()
        line = self.line()
        for n in (1, 3, 700, 4000):
            with self.subTest(n):
                units = [unit(f"N{n}-{i}", **({"model": ""} if i % 5 == 4 else {}))
                         for i in range(n)]
                told = line.put_all(units)
                self.assertEqual([t["serial"] for t in told], [u["serial"] for u in units])
                self.assertEqual([t["accepted"] for t in told], [i % 5 != 4 for i in range(n)])
        rows = json.loads(self.run_shop("devices", "--json", "--customer", "contoso"))["devices"]
        self.assertEqual(len(rows), sum(n - n // 5 for n in (1, 3, 700, 4000)))

    def test_odd_lines(self):
        self.open_paused()
        line = self.line()
        told = line.put_all(["\n", "\r\n", json.dumps(unit("A")) + "\r\n", "x" * 70_000 + "\n",
                             "{\n", json.dumps(unit("B"))])
        self.assertEqual([(t["serial"], t.get("code")) for t in told],
                         [("A", None), (None, "not-a-unit"), (None, "not-a-unit"), ("B", None)])
        told = line.put_all(["x" * 300_000 + "\n", json.dumps(unit("C")) + "\n", "y" * 300_000])
        self.assertEqual([(t["serial"], t.get("code")) for t in told],
                         [(None, "not-a-unit"), ("C", None), (None, "not-a-unit")])
        self.assertEqual(line.ask("POST", "/v1/units", "\n", NDJSON), (200, NDJSON, ""))

    def test_what_is_told_is_durable(self):
        self.open_paused()
        for i in range(5):
            with Line(self.shop) as line:
                self.assertEqual(line.put(unit(f"D{i}"))[0], 202)
            if i == 2:
                self.shop._agents[-1].kill()
                self.shop._agents[-1].wait()
                self.start()
        self.assertEqual([self.state(f"D{i}")["accepted"] for i in range(5)], [True] * 5)


class Maker(Case):
    """Customers of a maker's service: units leave at ship time."""

    def open_maker(self, scenario=None, **flush):
        self.open({"maker": {"token": "secret"}, **(scenario or {})},
                  customers={"contoso": Workshop.customer("contoso", via="oem/fabrikam")})
        self.shop.settings["oems"] = {"fabrikam": {
            "profile": "reference-v1", "base_url": self.sim.url,
            "auth": {"method": "bearer", "token": {"file": "secret"}},
            "flush": {"devices": 1000, "after": "1h", **flush}}}
        self.shop.write_config()
        return self.start()

    def registered(self, line, serial, wait="60s"):
        _, _, text = line.ask("GET", f"/v1/gate/{serial}?wait={wait}")
        return json.loads(text)["gate"][0]["registered"]

    def test_the_end_of_a_pallet(self):
        agent = self.open_maker()
        line = self.line()
        told = line.put_all([unit(f"M{i}", order=f"PO-{i % 2}") for i in range(20)])
        self.assertEqual({t["state"] for t in told}, {"queued"})
        self.assertFalse(self.registered(line, "M0", "300ms"))
        self.run_shop("unit", "flush", "--customer", "contoso")
        self.assertEqual([self.registered(line, f"M{i}") for i in range(20)], [True] * 20)
        self.assertEqual(self.sim.violations(), [])
        self.stop(agent)

    def test_units_leave_by_themselves(self):
        agent = self.open_maker(after="1s")
        line = self.line()
        line.put(unit("M1"))
        self.assertTrue(self.registered(line, "M1"))
        self.stop(agent)

    def test_a_hash_never_leaves(self):
        agent = self.open_maker(after="1s")
        device = make_list.device(0)
        line = self.line()
        status, told = line.put({"customer": "contoso", "hash": device.hash})
        self.assertEqual((status, told["serial"]), (202, device.serial))
        self.assertTrue(self.registered(line, device.serial))
        self.assertEqual(self.sim.violations(), [])
        self.stop(agent)

    def test_one_that_was_registered_is_taken_back_first(self):
        agent = self.open_maker(after="1s")
        line = self.line()
        line.put(unit("OLD"))
        self.assertTrue(self.registered(line, "OLD"))
        status, told = line.put(unit("NEW", replaces="OLD"))
        self.assertEqual((status, told["held_for"]), (202, "supersede"))
        self.assertTrue(self.registered(line, "NEW"))
        self.assertEqual(self.state("OLD")["reason"], "it has become another unit")
        self.assertEqual(self.sim.violations(), [])
        self.stop(agent)

    def test_what_the_maker_cannot_take(self):
        self.open_maker()
        status, told = self.line().put(unit("M1", model="Book " * 14))
        self.assertEqual((status, told["code"]), (422, "value-too-long"))


class Superseding(Case):
    def test_a_unit_that_was_not_sent(self):
        self.open_paused()
        line = self.line()
        line.put(unit("OLD"))
        status, told = line.put(unit("NEW", replaces="old"))
        self.assertEqual((status, told["state"]), (202, "queued"))
        old = self.state("OLD")
        self.assertEqual((old["may_ship"], old["reason"]), (False, "it has become another unit"))
        kinds = json.loads(self.run_shop("events", "--json", "--kind", "unit_superseded"))
        self.assertEqual({e["serial"] for e in kinds["events"]}, {"OLD", "NEW"})


class Gate(Case):
    def test_waits_until_it_is_settled(self):
        self.open()
        agent = self.start()
        self.run_shop("pause")
        line = self.line()
        line.put(unit("G1"))
        begun = time.monotonic()
        status, _, text = line.ask("GET", "/v1/gate/G1?wait=200ms")
        self.assertEqual(status, 409, text)
        answers = []

        def ask(serial):
            with Line(self.shop) as own:
                answers.append(own.ask("GET", f"/v1/gate/{serial}?wait=60s")[::2])

        self.run_shop("resume")
        asking = threading.Thread(target=ask, args=("G1",))
        asking.start()
        asking.join()
        self.assertLess(time.monotonic() - begun, 50)
        (status, text), = answers
        told, = json.loads(text)["gate"]
        self.assertEqual((status, told["accepted"], told["sent"], told["registered"]),
                         (200, True, True, True), text)
        self.run_shop("gate", "--wait", "10s", "G1")
        self.run_shop("gate", "--wait", "61s", "G1", code=USAGE)
        self.run_shop("gate", "--wait", "10s", "NOBODY", code=NOT_FOUND)
        for bad in ("61s", "x", "-1s", "5", ""):
            self.assertEqual(line.ask("GET", f"/v1/gate/G1?wait={bad}")[0], 400, bad)
        self.stop(agent)

    def test_stopping_waits_for_nobody(self):
        agent = self.open_gated()
        line = self.line()
        line.put(unit("G1"))
        line.link.request("GET", "/v1/gate/G1?wait=60s")
        time.sleep(0.3)
        begun = time.monotonic()
        self.stop(agent)
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(line.link.getresponse().status, 409)

    def open_gated(self, *needs):
        """A customer whose units are never answered, and what its gate needs."""
        self.open({"jobs": {"time": "1h"}}, customers={"contoso": Workshop.customer(
            "contoso", gate={"needs": list(needs)} if needs else {})})
        return self.start()

    def test_there_is_room_for_others(self):
        self.open_gated()
        self.line().put(unit("G1"))
        waiting = [self.line() for _ in range(24)]
        for line in waiting:
            line.link.request("GET", "/v1/gate/G1?wait=5s")
        refused = self.line()
        self.until(lambda: refused.ask("GET", "/v1/gate/G1?wait=100ms")[0] == 503, "not refused")
        self.assertEqual(refused.ask("GET", "/v1/gate/G1")[0], 409)
        self.assertEqual({line.link.getresponse().status for line in waiting}, {409})

    def test_a_site_may_settle_for_less(self):
        self.open_gated("accepted")
        line = self.line()
        line.put(unit("G1"))
        status, _, text = line.ask("GET", "/v1/gate/G1?wait=60s")
        told, = json.loads(text)["gate"]
        self.assertEqual((status, told["may_ship"], told["registered"], told["reason"]),
                         (200, True, False, "taken in, and will be sent"))

    def test_sent_is_a_fact(self):
        self.open_gated("sent")
        line = self.line()
        line.put(unit("G1"))
        status, _, text = line.ask("GET", "/v1/gate/G1?wait=60s")
        told, = json.loads(text)["gate"]
        self.assertEqual((status, told["sent"], told["registered"], told["reason"]),
                         (200, True, False, "the service has accepted it"))


class Command(Case):
    def test_by_hand(self):
        agent = self.open_paused()
        words = ("unit", "--customer", "contoso", "--manufacturer", "Contoso", "--model", "Book 14")
        self.assertEqual(self.run_shop(*words, "--serial", "U1", "--order", "PO-1"),
                         "U1\taccepted\tqueued\n")
        told = json.loads(self.run_shop("--json", *words, "--serial", "U2", "--replaces", "U1"))
        self.assertEqual((told["serial"], told["accepted"]), ("U2", True))
        self.assertIn("U3\trefused\ttag-mismatch: ",
                      self.run_shop(*words, "--serial", "U3", "--group-tag", "x", code=FAILED))
        self.run_shop("unit", "--serial", "U4", code=USAGE)
        self.run_shop("unit", "--customer", "contoso", code=USAGE)
        self.run_shop("unit", "fly", code=USAGE)
        self.run_shop("unit", "flush", "--serial", "U1", code=USAGE)
        self.run_shop("unit", "--ndjson", "--serial", "U1", code=USAGE)
        self.run_shop("unit", "flush")
        self.run_shop("unit", "flush", "--customer", "contoso")
        self.run_shop("unit", "flush", "--customer", "nobody", code=NOT_FOUND)
        self.stop(agent)
        self.run_shop(*words, "--serial", "U5", code=NO_DAEMON)
        self.run_shop("unit", "flush", code=NO_DAEMON)

    def test_files(self):
        self.open_paused()
        path = self.shop.folder / "units.ndjson"
        units = [{**unit(f"F{i}"), "customer": None} for i in range(900)]
        path.write_text("".join(json.dumps(u) + "\n" for u in units), encoding="utf-8")
        words = ("unit", "--customer", "contoso", "--ndjson", str(path))
        lines = self.run_shop(*words).splitlines()
        self.assertEqual(lines, [f"F{i}\taccepted\tqueued" for i in range(900)])
        path.write_text(json.dumps(units[0]) + "\n{}\n", encoding="utf-8")
        told = [json.loads(x) for x in self.run_shop("--json", *words, code=PARTLY).splitlines()]
        self.assertEqual([t["accepted"] for t in told], [True, False])
        path.write_text("z" * 200_000, encoding="utf-8")
        self.run_shop(*words, code=FAILED)
        self.run_shop("unit", "--ndjson", "nowhere", code=FAILED)

    def test_a_pipe_is_answered_line_by_line(self):
        self.open_paused()
        with subprocess.Popen(
                [harness.PROGRAM, "--config", str(self.shop.config), "unit", "--ndjson"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as program:
            for i in range(3):
                program.stdin.write(json.dumps(unit(f"P{i}")) + "\n")
                program.stdin.flush()
                self.assertEqual(program.stdout.readline(), f"P{i}\taccepted\tqueued\n")
            program.stdin.close()
            self.assertEqual(program.wait(agent_case.WAIT_S), DONE)


class Example(Case):
    def client(self, *words, code=DONE):
        done = subprocess.run(["sh", str(LINE_CLIENT), *words], capture_output=True, text=True,
                              check=False, timeout=agent_case.WAIT_S, env={
                                  **os.environ, "AUTOREG_SOCKET": self.shop.settings["control"]})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_line_client(self):
        self.open()
        agent = self.start()
        words = ("contoso", "L1", "Contoso", 'Book "14"')
        self.assertIn("L1 may be packed", self.client(*words))
        self.assertIn("L1 may be packed", self.client(*words))
        self.assertIn("no-identity", self.client("contoso", "L2", "", "", code=1))
        self.stop(agent)
        self.client(*words, code=7)


if __name__ == "__main__":
    unittest.main()
