# SPDX-License-Identifier: Apache-2.0
"""May this device be delivered? Asked by commands, with and without an agent, and over HTTP."""

import http.client
import json
import unittest

import agent_case
from workshop import TAG, Workshop

DONE, USAGE, PARTLY, NOT_FOUND, NO_DAEMON, CONFIG = 0, 2, 3, 6, 7, 78
IMAGES = """\
version: 1
images:
  depot: {makers: ["*"], advice: Ask the depot.}
"""


def get(port, address):
    """Status, content type and document."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=agent_case.WAIT_S)
    link.request("GET", address)
    answer = link.getresponse()
    document = json.load(answer)
    link.close()
    return answer.status, answer.headers["Content-Type"], document


class Case(agent_case.Case):
    def run_shop(self, *words, code=DONE):
        done = self.shop.run(*words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def gate(self, *serials, code=DONE):
        return json.loads(self.run_shop("gate", "--json", *serials, code=code))["gate"]

    def until_settled(self, state, serial):
        self.until(lambda: self.gate_state(serial) == state, f"{serial} is not {state}")

    def gate_state(self, serial):
        done = self.shop.run("gate", "--json", serial)
        return json.loads(done.stdout)["gate"][0]["state"]


class Gate(Case):
    def test_answers(self):
        """The same with an agent and, when it has gone, from its store."""
        port = agent_case.free_port()
        self.open({"customers": {"contoso": {"tenant": Workshop.tenant("contoso"),
                                             "foreign": ["TEST00000001"]}}},
                  listen=f"127.0.0.1:{port}")
        agent = self.start()
        good, claimed = self.shop.drop("contoso", devices=2)
        self.until_settled("registered", good)
        self.until_settled("claimed", claimed)
        self.ask_over_http(port, good, claimed)
        self.look(good, claimed)
        self.stop(agent)
        self.look(good, claimed)

    def look(self, good, claimed):
        self.assertEqual(self.run_shop("gate", good), f"{good}\tyes\tregistered\n")
        self.assertEqual(self.gate(good), [{
            "serial": good, "customer": "contoso", "may_ship": True, "accepted": True,
            "sent": True, "registered": True, "state": "registered",
            "cause": "good", "reason": "registered", "advice": None}])
        self.assertTrue(self.gate(f"  {good.lower()} ")[0]["may_ship"])
        (no,) = self.gate(claimed, code=PARTLY)
        self.assertEqual((no["may_ship"], no["state"], no["cause"]), (False, "claimed", "claimed"))
        self.assertIn("808", no["reason"])
        self.assertIn("supplier", no["advice"])
        lines = self.run_shop("gate", claimed, good, "NOBODY", code=NOT_FOUND).splitlines()
        self.assertEqual([line.split("\t")[:2] for line in lines],
                         [[claimed, "no"], [good, "yes"], ["NOBODY", "no"]])
        self.run_shop("gate", claimed, good, code=PARTLY)
        self.run_shop("gate", " ", code=USAGE)
        self.run_shop("gate", code=USAGE)

    def ask_over_http(self, port, good, claimed):
        for serial, status, state in ((good, 200, "registered"), (good.lower(), 200, "registered"),
                                      (claimed, 409, "claimed"), ("NOBODY", 404, "unknown"),
                                      ("%20" + good, 200, "registered")):
            with self.subTest(serial):
                got, kind, document = get(port, f"/v1/gate/{serial}")
                (told,) = document["gate"]
                self.assertEqual((got, kind, told["state"]), (status, "application/json", state))

    def test_without_a_store(self):
        self.open()
        (told,) = self.gate("PF1", code=NOT_FOUND)
        self.assertEqual((told["state"], told["may_ship"]), ("unknown", False))

    def test_waits(self):
        self.open()
        agent = self.start()
        self.run_shop("pause", "--customer", "contoso")
        (serial,) = self.shop.drop("contoso", devices=1)
        self.until_settled("held", serial)
        (told,) = self.gate(serial, code=PARTLY)
        self.assertIn("paused", told["reason"])
        self.run_shop("resume", "--customer", "contoso")
        self.until_settled("registered", serial)
        self.gate(serial)
        self.stop(agent)

    def test_tag_that_is_allowed_no_more(self):
        self.open()
        agent = self.start()
        (serial,) = self.shop.drop("contoso", devices=1)
        self.until_settled("registered", serial)
        self.shop.settings["customers"]["contoso"]["group_tag"] = "Another"
        self.shop.write_config()
        self.run_shop("reload")
        self.until_logged("read again")
        (told,) = self.gate(serial, code=PARTLY)
        self.assertEqual(told["cause"], "tag")
        self.assertIn(TAG, told["reason"])
        self.stop(agent)


class Image(Case):
    def open_with_image(self, **sections):
        self.open(customers={"contoso": Workshop.customer(
            "contoso", gate={"needs": ["registered", "image"]})}, **sections)

    def test_acknowledged(self):
        self.open_with_image()
        agent = self.start()
        first, second, third = self.shop.drop("contoso", devices=3)
        for serial in (first, second, third):
            self.until_settled("registered", serial)
            self.assertEqual(self.gate(serial, code=PARTLY)[0]["cause"], "image")
        self.assertEqual(self.run_shop("image", "ack", f" {first.lower()}"),
                         "the image of 1 device is acknowledged\n")
        self.gate(first)
        self.gate(second, code=PARTLY)
        self.assertEqual(json.loads(self.run_shop("image", "ack", "1", "--json")),
                         {"acknowledged": 3})
        self.gate(first, second, third)
        for nothing in ("NOBODY", "77"):
            self.run_shop("image", "ack", nothing, code=NOT_FOUND)
        self.run_shop("image", "forget", first, code=USAGE)
        self.stop(agent)
        self.gate(first, second, third)
        self.run_shop("image", "ack", first, code=NO_DAEMON)

    def test_who_has_acknowledged_it_is_kept(self):
        port = agent_case.free_port()
        self.open_with_image(listen=f"127.0.0.1:{port}")
        agent = self.start()
        (serial,) = self.shop.drop("contoso", devices=1)
        self.until_settled("registered", serial)
        self.run_shop("image", "ack", serial)
        _, _, trail = get(port, "/v1/trail?kind=image_acknowledged")
        (event,) = trail["events"]
        self.assertRegex(event["actor"], r"^uid \d+$")
        self.assertEqual(event["serial"], serial)
        self.stop(agent)

    def test_advice_of_ones_own(self):
        self.open_with_image(images="images.yaml")
        images = self.shop.folder / "images.yaml"
        images.write_text(IMAGES, encoding="utf-8")
        agent = self.start()
        (serial,) = self.shop.drop("contoso", devices=1)
        self.until_settled("registered", serial)
        self.assertEqual(self.gate(serial, code=PARTLY)[0]["advice"], "Ask the depot.")
        images.write_text(IMAGES.replace("advice", "advise"), encoding="utf-8")
        done = self.shop.run("reload")
        self.assertNotEqual(done.returncode, DONE)
        self.assertIn("images.yaml:3:3: depot: advice is missing", done.stderr)
        told = self.run_shop("config", "check", code=CONFIG)
        self.assertIn("error: images: ", told)
        images.write_text(IMAGES.replace("advice", "image: ok, advice"), encoding="utf-8")
        self.run_shop("reload")
        self.until_logged("read again")
        self.gate(serial)
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
