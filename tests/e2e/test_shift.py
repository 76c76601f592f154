# SPDX-License-Identifier: Apache-2.0
"""A shift of eight hours on a packing line, in minutes: three customers, units that the maker's service
does not know yet, storms of 429, two times without a connection, a consent that goes and comes, an
agent that is killed, and a certificate that is near its end. In the end each unit is registered once,
or it is explained why not.

AUTOREG_SHIFT=50000 in the environment is a long shift.
"""

import collections
import http.client
import json
import os
import pathlib
import random
import re
import socket
import tempfile
import threading
import time
import unittest

import warp  # before anything that knows the programs
import agent_case
from certificates import make_certificate
from harness import make_list
from simulator import Simulator
from workshop import TAG, TENANTS, Workshop

UNITS = int(os.environ.get("AUTOREG_SHIFT", "5000"))
CUSTOMERS = ("contoso", "fabrikam", "adatum")
PROFILE = pathlib.Path(__file__).resolve().parents[2] / "config" / "reference-v1.yaml"
STEPS = 96  # of five minutes
KILLED_AT = 50
HASH_EVERY = 100  # units come with a hash now and then, which has to stay here
CERTIFICATE_DAYS = 10
SERIAL_OF_LINE = re.compile(r'"serial":"([^"]+)"')
FOREIGN_EVERY, BAD_EVERY, BUSY_EVERY = 97, 101, 103


def has_hash(n):
    """Its hash tells its product key id, by which it is known from then on."""
    return n % HASH_EVERY == 0


def name_of(n):
    """What the maker's service knows the n-th unit by."""
    return f"33{n:011d}" if has_hash(n) else make_list.serial_of(n)


def odd(n):
    """Why the n-th unit is not registered at once: a word, or None."""
    if has_hash(n):
        return None
    for every, word in ((FOREIGN_EVERY, "foreign"), (BAD_EVERY, "bad"), (BUSY_EVERY, "busy")):
        if n % every == every - 1:
            return word
    return None


def scenario(serials):
    by_word = collections.defaultdict(list)
    for n, serial in enumerate(serials):
        by_word[odd(n)].append(serial)
    customers = {n: {"tenant": TENANTS[n], "domain": f"{n}.onmicrosoft.com",
                     "foreign": by_word["foreign"]} for n in CUSTOMERS}
    customers["adatum"]["changes"] = [{"at": "3h", "consent": "revoked"},
                                      {"at": "4h", "consent": "granted"}]
    verdicts = {s: {"code": 813, "name": "ZtdDeviceIsNotUnique"} for s in by_word["bad"]}
    verdicts |= {s: {"code": 640, "name": "StorageError", "times": 2} for s in by_word["busy"]}
    return {
        "customers": customers, "verdicts": verdicts,
        "jobs": {"time": "40s", "order": "shuffled"},
        "maker": {"client_certificate": True, "late_share": 0.05, "late": "45m"},
        "faults": [
            {"on": "any", "since": "90m", "until": "91m", "then": {"cut": "after"}},
            {"on": "any", "since": "5h", "until": "301m", "then": {"cut": "before"}},
            {"on": "register", "since": "2h", "until": "150m", "chance": 0.5,
             "then": {"throttle": 30}},
            {"on": "any", "since": "6h", "until": "390m", "chance": 0.3, "then": {"throttle": 20}},
        ],
    }


class Line:
    """What a line controller does, on a connection to the control socket."""

    def __init__(self, path):
        self.path = path

    def ask(self, method, target, body=None, kind="application/json"):
        link = http.client.HTTPConnection("localhost", timeout=agent_case.WAIT_S)
        try:
            link.sock = socket.socket(socket.AF_UNIX)
            link.sock.settimeout(agent_case.WAIT_S)
            link.sock.connect(self.path)
            link.request(method, target, body, {"Content-Type": kind} if body else {})
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        finally:
            link.close()


class GateWatch(threading.Thread):
    """Asks the gate all the time, and the service whether a yes is true."""

    def __init__(self, line, sim):
        super().__init__(daemon=True)
        self.line, self.sim = line, sim
        self.names = []  # serial number, and what the service knows it by
        self.over = threading.Event()
        self.asked = self.yes = 0
        self.wrong = []
        self.luck = random.Random(7)

    def look(self, serial, name):
        try:
            status, text = self.line.ask("GET", f"/v1/gate/{serial}")
        except (OSError, http.client.HTTPException):
            return  # the agent is dead just now
        if status not in (200, 409):
            return
        (told,) = json.loads(text)["gate"]
        self.asked += 1
        if told["may_ship"]:
            self.yes += 1
            unit = self.sim.control(f"unit/{name}")
            if not unit["tenant"] or unit["registered"] != 1:
                self.wrong.append(serial)

    def run(self):
        while not self.over.wait(0.002):
            if self.names:
                self.look(*self.luck.choice(self.names))

    def end(self):
        self.over.set()
        self.join()


class Shift(warp.Case):
    def open_shift(self):
        self.units = [make_list.serial_of(n) for n in range(UNITS)]
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        signer = make_certificate(folder / "authority")
        make_certificate(folder / "factory", signer, CERTIFICATE_DAYS)
        self.sim = self.enterContext(Simulator(
            scenario(self.units), tls=True,
            options=["--tls-client-ca", str(folder / "authority.pem")]))
        profile = folder / "maker.yaml"
        profile.write_text(f"{PROFILE.read_text(encoding='utf-8')}tls: {{ca_file: {self.sim.ca}}}\n",
                           encoding="utf-8")
        self.shop = self.enterContext(Workshop(
            self.sim.url, {n: Workshop.customer(n, via="oem/fabrikam") for n in CUSTOMERS},
            oems={"fabrikam": {
                "profile": str(profile), "base_url": self.sim.url,
                "auth": {"method": "mtls", "certificate": {"file": str(folder / "factory.pem")},
                         "private_key": {"file": str(folder / "factory.key")}},
                "flush": {"devices": 200, "after": "30s"},
                "not_found": {"every": "10m", "for": "4h"}}},
            consent={"recheck": "10m", "max_age": "24h"}, poll={"first": "5s", "max": "60s"},
            retry={"base": "2s", "max": "15m"}))
        self.line = Line(self.shop.settings["control"])
        self.watch = GateWatch(self.line, self.sim)

    def unit(self, n):
        serial = self.units[n]
        unit = {"customer": CUSTOMERS[n % len(CUSTOMERS)], "serial": serial,
                "manufacturer": "Fabrikam", "model": "Slate 7", "order": f"PO-{n * 8 // UNITS}"}
        if has_hash(n):
            device = make_list.device(n, serial=serial)
            unit |= {"manufacturer": device.manufacturer, "model": device.model,
                     "hash": device.hash}
        return unit

    def finish(self, first, end):
        """Units come off the line."""
        body = "".join(json.dumps(self.unit(n)) + "\n" for n in range(first, end))
        if not body:
            return
        status, text = self.line.ask("POST", "/v1/units", body, "application/x-ndjson")
        self.assertEqual(status, 200, text)
        answers = [json.loads(line) for line in text.splitlines()]
        self.assertEqual([a["accepted"] for a in answers], [True] * (end - first), answers[:3])
        self.watch.names += [(self.units[n], name_of(n)) for n in range(first, end)]

    def kill(self):
        self.agent.kill()
        self.agent.wait()
        self.agent = self.start(program=os.environ["AUTOREG_WARP_PROGRAM"])

    def gate(self, serial):
        return json.loads(self.line.ask("GET", f"/v1/gate/{serial}")[1])["gate"][0]

    def states(self):
        _, text = self.line.ask("GET", "/v1/status")
        total = collections.Counter()
        for customer in json.loads(text)["customers"]:
            total.update({k: v for k, v in customer["states"].items() if v})
        return total

    def is_over(self):
        states = self.states()
        return not states["queued"] + states["submitted"] + states["held"]

    def kinds(self):
        done = self.shop.run("events", "--json", "--limit", "1000")
        return collections.Counter(e["kind"] for e in json.loads(done.stdout)["events"])

    def test_it(self):
        began = time.monotonic()
        self.open_shift()
        self.agent = self.start(program=os.environ["AUTOREG_WARP_PROGRAM"])
        self.watch.start()
        for step in range(STEPS):
            self.finish(UNITS * step // STEPS, UNITS * (step + 1) // STEPS)
            if step == KILLED_AT:
                self.kill()
            self.pass_time("5m", step="30s")
        self.until_passing(self.is_over, "units are under way", step="5m", at_most="12h")
        self.watch.end()
        self.judge()
        self.stop(self.agent)
        self.judge_record()
        self.show(time.monotonic() - began)

    def judge(self):
        self.assertEqual(self.watch.wrong, [])
        self.assertGreater(self.watch.yes, 0)
        self.assertEqual({v["kind"] for v in self.sim.violations()}, set(), self.sim.violations()[:5])
        self.held = {u["product_key"] or u["serial"]: u for u in self.sim.books()["maker"]["units"]}
        self.assertEqual(set(self.held), {name_of(n) for n in range(UNITS)})
        self.outcomes = collections.Counter()
        for n in range(UNITS):
            word = odd(n)
            good = word in (None, "busy")
            unit = self.held[name_of(n)]
            self.assertEqual(unit["registered"], int(good), (unit, self.gate(self.units[n])))
            if good:
                self.assertEqual((unit["tenant"], unit["tag"], unit["order"]),
                                 (TENANTS[CUSTOMERS[n % 3]], TAG, f"PO-{n * 8 // UNITS}"))
            self.outcomes[word or "good"] += 1
        self.judge_states()

    def judge_states(self):
        """What the agent believes is what is, and whatever is not registered has a reason."""
        expected = {"foreign": ("claimed", "808"), "bad": ("failed", "813")}
        for n, serial in enumerate(self.units):
            if odd(n) in expected:
                state, code = expected[odd(n)]
                told = self.gate(serial)
                self.assertEqual((told["state"], told["may_ship"]), (state, False), told)
                self.assertIn(code, told["reason"])
        good = self.outcomes["good"] + self.outcomes["busy"]
        self.assertEqual(self.states(), collections.Counter({
            "registered": good, "claimed": self.outcomes["foreign"],
            "failed": self.outcomes["bad"]}))
        self.events = self.kinds()
        self.assertGreaterEqual(self.events["certificate_expiring"], 1)
        self.assertGreaterEqual(self.events["consent_withdrawn"], 1)

    def judge_record(self):
        self.statuses = collections.Counter()
        self.requests = collections.Counter()
        for request in self.sim.requests():
            self.statuses[request["status"]] += 1
            self.requests[request["operation"]] += 1
            text = json.dumps(request)
            self.assertNotRegex(text, "(?i)hash|\"T0[A-Za-z0-9+/]{100}")
            if request["operation"] in ("register", "validate"):
                self.assertTrue(request["body"]["tenantId"] and request["body"]["tenantDomain"])
        self.assertGreater(self.statuses[429], 0)
        self.assertGreater(self.statuses[0], 0)

    def show(self, seconds):
        sent = sum(u["submitted"] for u in self.held.values())
        print(f"\n{UNITS} units for {len(CUSTOMERS)} customers in {self.ahead_ms / 3_600_000:.1f} h of "
              f"time, {seconds:.0f} s of ours")
        print(f"  registered once {self.outcomes['good'] + self.outcomes['busy']}, another tenant's "
              f"{self.outcomes['foreign']}, not unique {self.outcomes['bad']}; sent {sent} times")
        print(f"  requests {dict(self.requests)}")
        print(f"  429 {self.statuses[429]}, connections cut {self.statuses[0]}, killed 1")
        print(f"  gate asked {self.watch.asked} times, yes {self.watch.yes}, wrong "
              f"{len(self.watch.wrong)}")
        print(f"  events {dict(self.events)}")


if __name__ == "__main__":
    unittest.main()
