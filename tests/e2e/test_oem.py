# SPDX-License-Identifier: Apache-2.0
"""Push at ship time, to every maker's service that there is a profile for. The suite is the same for
all of them (makers.py), and so is the program."""

import http.client
import json
import socket
import unittest

import agent_case
import makers
from workshop import TAG, Workshop

PARTLY = 3
FLUSH = 4  # devices


class Suite:
    """For one maker's service: self.maker."""

    kind = None

    def open_line(self, customers=("contoso",), **sections):
        self.maker = self.enterContext(self.kind())
        self.shop = self.enterContext(Workshop(
            self.maker.url, {n: Workshop.customer(n, via="oem/fabrikam") for n in customers},
            oems={"fabrikam": {
                "profile": str(self.kind.profile), "base_url": self.maker.url,
                "auth": self.kind.auth, "consent_link": "https://consent.example/?oem=fabrikam",
                "flush": {"devices": FLUSH, "after": "1s"},
                "not_found": {"every": "1s", "for": "1h"}, **sections.pop("oem", {})}},
            consent={"recheck": "1s", "max_age": "1m"}, **sections))
        token = self.shop.folder / "maker-token"
        token.touch(0o600)
        token.write_text(self.kind.token, encoding="ascii")

    # The line controller.

    def ask(self, method, target, document=None):
        link = http.client.HTTPConnection("localhost", timeout=agent_case.WAIT_S)
        link.sock = socket.socket(socket.AF_UNIX)
        link.sock.connect(self.shop.settings["control"])
        link.request(method, target, json.dumps(document) if document else None,
                     {"Content-Type": "application/json"})
        answer = link.getresponse()
        text = answer.read()
        link.close()
        return answer.status, json.loads(text)

    def put(self, *serials, **more):
        for serial in serials:
            status, told = self.ask("POST", "/v1/units", {
                "customer": "contoso", "serial": serial, "manufacturer": "Fabrikam",
                "model": "Slate 7", **more})
            self.assertEqual(status, 202, told)

    def flush(self):
        status, told = self.ask("POST", "/v1/units/flush")
        self.assertEqual(status, 200, told)

    def gate(self, serial, wait="30s"):
        return self.ask("GET", f"/v1/gate/{serial}?wait={wait}")[1]["gate"][0]

    def until_held_for(self, reason):
        self.until(lambda: self.ask("GET", "/v1/status")[1]["customers"][0]["held_for"] == reason,
                   f"not held for {reason}")

    def until_state(self, serial, state):
        self.until(lambda: self.gate(serial, "0s")["state"] == state, f"{serial} is not {state}")

    # What is true at every end.

    def assert_units(self, *serials, tag=TAG, order="", tenant="contoso", submitted=(1,)):
        units = self.maker.units()
        for serial in serials:
            unit = units[serial]
            self.assertEqual((unit["tenant"], unit["tag"], unit["order"] or "", unit["registered"]),
                             (Workshop.tenant(tenant), tag, order, 1), serial)
            self.assertIn(unit["submitted"], submitted)

    def end(self, agent):
        self.stop(agent)
        self.assertEqual(self.maker.complaints(), [])
        for body in self.maker.bodies():
            self.assertNotRegex(body, "(?i)hash")
            self.assertNotIn('"T0', body)

    # The stories.

    def test_units_are_registered(self):
        self.open_line()
        agent = self.start()
        self.put("PF1", "PF2", "PF3", "PF4", order="PO-7")
        for serial in ("PF1", "PF2", "PF3", "PF4"):
            told = self.gate(serial)
            self.assertEqual((told["may_ship"], told["state"]), (True, "registered"), told)
        self.assert_units("PF1", "PF2", "PF3", "PF4", order="PO-7")
        self.assertEqual(len(self.maker.bodies()), 1)
        self.end(agent)

    def test_a_list_goes_the_same_way(self):
        """Hashes that stand in it stay here."""
        self.open_line()
        agent = self.start()
        serials = self.shop.drop("contoso", devices=7)
        for serial in serials:
            self.until_state(serial, "registered")
        self.assertEqual(set(self.maker.units()), set(serials))
        self.end(agent)

    def test_flush(self):
        """Full, or old enough, or asked for: then a batch leaves, and not before."""
        self.open_line(oem={"flush": {"devices": 3, "after": "24h"}})
        agent = self.start()
        self.put("PF1", "PF2")
        self.assertEqual(self.gate("PF1", "1s")["state"], "queued")
        self.assertEqual(self.maker.bodies(), [])
        self.put("PF3")
        self.until_state("PF3", "registered")
        self.assertEqual(len(self.maker.bodies()), 1)
        self.put("PF4")
        self.flush()
        self.until_state("PF4", "registered")
        self.end(agent)

    def test_each_order_by_itself(self):
        self.open_line()
        agent = self.start()
        self.put("PF1", order="PO-1")
        self.put("PF2", order="PO-2")
        self.until_state("PF1", "registered")
        self.until_state("PF2", "registered")
        self.assert_units("PF1", order="PO-1")
        self.assert_units("PF2", order="PO-2")
        self.assertEqual(len(self.maker.bodies()), 2)
        self.end(agent)

    def test_errors(self):
        """Each unit by itself: what fails does not stop its mates."""
        expected = {"claimed_elsewhere": "claimed", "bad_input": "failed", "unexpected": "failed",
                    "already_here": "registered", "transient": "registered",
                    "not_found": "registered"}
        self.open_line(oem={"flush": {"devices": len(expected) + 1, "after": "24h"}})
        for word in expected:
            self.maker.say(f"PF-{word}", word,
                           times=2 if expected[word] == "registered" else makers.ALWAYS)
        agent = self.start()
        self.put("PF-good", *(f"PF-{word}" for word in expected))
        self.assertEqual(self.gate("PF-good")["state"], "registered")
        for word, state in expected.items():
            with self.subTest(word):
                if word == "transient" and self.kind is makers.Reference:
                    continue  # its fifteen minutes are for a clock that can be moved: test_shift
                self.until_state(f"PF-{word}", state)
                told = self.gate(f"PF-{word}", "0s")
                self.assertEqual(told["may_ship"], state == "registered", told)
        self.assertIn(self.unknown_name(), self.gate("PF-unexpected", "0s")["reason"])
        self.assertGreaterEqual(self.maker.units()["PF-not_found"]["submitted"], 3)
        self.assertEqual(self.maker.units()["PF-good"]["submitted"], 1)
        self.end(agent)

    def unknown_name(self):
        word = self.kind.words["unexpected"]
        return word if isinstance(word, str) else word[1]

    def test_consent(self):
        """Nothing leaves without it; it comes, it goes, and what waited follows."""
        self.open_line()
        self.maker.agree("contoso", False)
        agent = self.start()
        self.put("PF1", "PF2")
        self.until_held_for("consent")
        self.assertFalse(self.gate("PF1", "0s")["may_ship"])
        self.assertEqual(self.maker.bodies(), [])
        self.maker.agree("contoso", True)
        self.until_state("PF1", "registered")
        self.assert_units("PF1", "PF2")
        self.end(agent)

    def test_consent_withdrawn(self):
        self.open_line()
        agent = self.start()
        self.put("PF1")
        self.until_state("PF1", "registered")
        self.maker.agree("contoso", False)
        self.put("PF2")
        self.until_held_for("consent")
        self.assertFalse(self.gate("PF2", "0s")["may_ship"])
        self.assertTrue(self.gate("PF1", "0s")["may_ship"])
        self.maker.agree("contoso", True)
        self.until_state("PF2", "registered")
        self.end(agent)

    def test_a_lost_answer(self):
        """It took effect, and nobody heard of it: found out, and not done twice."""
        self.open_line()
        agent = self.start()
        self.maker.lose_answer()
        self.put("PF1", "PF2", "PF3", "PF4")
        for serial in ("PF1", "PF2", "PF3", "PF4"):
            self.until_state(serial, "registered")
        self.assert_units("PF1", "PF2", "PF3", "PF4", submitted=(1, 2))
        self.assertEqual(len(self.maker.bodies()), 2)
        self.end(agent)

    def test_a_killed_agent(self):
        self.open_line()
        agent = self.start()
        self.maker.lose_answer()
        self.put("PF1", "PF2", "PF3", "PF4")
        self.until(self.maker.bodies, "nothing is sent")
        agent.kill()
        agent.wait()
        agent = self.start()
        for serial in ("PF1", "PF2", "PF3", "PF4"):
            self.until_state(serial, "registered")
        self.assert_units("PF1", "PF2", "PF3", "PF4", submitted=(1, 2))
        self.end(agent)

    def test_supersede(self):
        """A unit that became another one: the old one is taken back first."""
        self.open_line()
        agent = self.start()
        self.put("PF1")
        self.until_state("PF1", "registered")
        self.put("PF2", replaces="PF1")
        self.until_state("PF2", "registered")
        units = self.maker.units()
        self.assertEqual((units["PF1"]["tenant"], units["PF1"]["released"]), (None, 1))
        self.assert_units("PF2")
        self.assertFalse(self.gate("PF1", "0s")["may_ship"])
        self.end(agent)


class ReferenceV1(Suite, agent_case.Case):
    kind = makers.Reference

    def test_consent_withdrawn_midway(self):
        """The service has taken the units, and then says of each that there is no consent: they wait."""
        self.open_line()
        agent = self.start()
        self.maker.take_time("2s")
        self.put("PF1", "PF2", "PF3", "PF4")
        self.until(self.maker.bodies, "nothing is sent")
        self.maker.agree("contoso", False)
        self.until_held_for("consent")
        self.maker.take_time("50ms")
        self.maker.agree("contoso", True)
        for serial in ("PF1", "PF2", "PF3", "PF4"):
            self.until_state(serial, "registered")
        self.assert_units("PF1", "PF2", "PF3", "PF4", submitted=(2,))
        self.end(agent)


class OtherNames(Suite, agent_case.Case):
    kind = makers.Other


if __name__ == "__main__":
    unittest.main()
