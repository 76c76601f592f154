# SPDX-License-Identifier: Apache-2.0
"""Consent: how it stands, the link that customers are sent, and asking the service."""

import json
import unittest

import agent_case
from workshop import Workshop

DONE, FAILED, USAGE, AUTH, TEMPORARY, NOT_FOUND, CONFIG = 0, 1, 2, 4, 5, 6, 78
LINK = "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship" \
       "&partnerId=11111111-1111-4111-8111-111111111111&msppId=0&DAP=false" \
       "#/BillingAccounts/partner-invitation"
WINGTIP = "44444444-4444-4444-8444-444444444444"
NOBODY = {"customers": {name: {"tenant": Workshop.tenant(name), "relationship": "none"}
                        for name in ("contoso", "fabrikam")}}


class Case(agent_case.Case):
    def ask(self, *words, code=DONE):
        done = self.shop.run("consent", *words)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout

    def ask_json(self, *words, code=DONE):
        return json.loads(self.ask(*words, "--json", code=code))

    def state(self, customer="contoso"):
        (record,) = self.ask_json("list", customer)["consent"]
        return record["state"]

    def trail(self):
        """What happened to the customer's consent; a command that runs alone has written it, too."""
        return [e["kind"] for e in self.shop.api("GET", "/v1/trail?limit=200")[1]["events"]
                if e["kind"].startswith("consent")]


class WithAnAgent(Case):
    def setUp(self):
        self.running = True

    def begin(self, *arguments, **options):
        self.open(*arguments, **options)
        self.agent = self.start() if self.running else None

    def end(self):
        if self.agent:
            self.stop(self.agent)

    def test_nobody_was_asked(self):
        self.begin(NOBODY)
        records = self.ask_json()["consent"]
        self.assertEqual(records, [
            {"customer": name, "via": "partner/northwind", "state": "unknown", "since": None,
             "checked": None, "link": None, "evidence": None} for name in ("contoso", "fabrikam")])
        self.assertEqual(self.ask_json("list", "contoso")["consent"], records[:1])
        self.assertIn("never", self.ask())
        self.ask("list", "nobody", code=NOT_FOUND)
        self.end()

    def test_from_the_link_to_the_consent(self):
        self.begin(NOBODY)
        self.assertEqual(self.ask("check", "contoso", code=AUTH).split(":")[:2],
                         ["contoso", " unknown"])
        self.assertEqual(self.ask("link", "contoso"), LINK + "\n")
        self.assertEqual(self.state(), "requested")
        self.assertEqual(self.state("fabrikam"), "unknown")
        self.assertEqual(self.ask_json("check", "contoso", code=AUTH)["consent"][0]["state"],
                         "requested")
        self.sim.post_consent("contoso", "reseller")
        document = self.ask_json("check", "contoso")
        (record,) = document["consent"]
        self.assertEqual((record["state"], record["link"]), ("granted", LINK))
        self.assertIn("GET customers/{customer}", record["evidence"])
        self.assertEqual(document["check"]["outcome"], "done")
        self.assertIn("ago", self.ask("list", "contoso"))
        self.sim.post_consent("contoso", "none")
        self.ask("check", "contoso", code=AUTH)
        self.assertEqual(self.state(), "withdrawn")
        self.end()

    def test_mail(self):
        self.begin(NOBODY)
        mail = self.ask("link", "contoso", "--mail")
        self.assertRegex(mail, r"^Subject: .*contoso\.onmicrosoft\.com\n\n")
        for told in (LINK, "Global Administrator", "northwind", "no delegated administration",
                     "region", Workshop.tenant("contoso")):
            self.assertIn(told, mail)
        self.assertNotIn("{", mail)
        self.assertEqual(self.ask_json("link", "contoso", "--mail"),
                         {"customer": "contoso", "link": LINK, "mail": mail})
        self.end()

    def test_template(self):
        self.begin(NOBODY)
        template = self.shop.folder / "template"
        template.write_text("An {domain} ({customer}, {tenant}):\n{link} {\n{partner} {} {X}\n",
                            encoding="utf-8")
        self.assertEqual(self.ask("link", "contoso", "--template", str(template)),
                         f"An contoso.onmicrosoft.com (contoso, {Workshop.tenant('contoso')}):\n"
                         f"{LINK} {{\nnorthwind {{}} {{X}}\n")
        template.write_text("Hello,\ndear {name}\n", encoding="utf-8")
        error = self.ask_json("link", "fabrikam", "--template", str(template), code=FAILED)
        self.assertIn("line 2, column 6: nothing is known as {name}", error["error"]["message"])
        self.assertEqual(self.state("fabrikam"), "unknown")  # nobody is sent anything
        template.write_text("x" * (64 * 1024 + 1), encoding="utf-8")
        self.ask("link", "contoso", "--template", str(template), code=FAILED)
        self.ask("link", "contoso", "--template", str(template) + "s", code=FAILED)
        self.end()

    def test_discover(self):
        self.begin({"customers": {
            "contoso": {"tenant": Workshop.tenant("contoso")},
            "Wingtip Toys": {"tenant": WINGTIP, "domain": "wingtip.example"}}})
        document = self.ask_json("list", "--discover")
        self.assertEqual(document["unconfigured"], [
            {"partner": "northwind", "tenant": WINGTIP, "domain": "wingtip.example",
             "company": "Wingtip Toys", "granted": True}])
        self.assertEqual(document["failed"], [])
        self.assertEqual(len(document["consent"]), 2)
        text = self.ask("list", "--discover")
        self.assertIn("Wingtip Toys", text)
        self.end()

    def test_the_service_cannot_be_asked(self):
        self.begin(NOBODY)
        self.sim.stop()
        self.ask("check", "contoso", code=TEMPORARY)
        self.assertEqual(self.state(), "unknown")
        self.end()

    def test_a_makers_link(self):
        maker = "https://maker.example/consent?oemid=7"
        self.begin(NOBODY, customers={
            "contoso": {**Workshop.customer("contoso"), "via": "oem/fabrikam"},
            "fabrikam": Workshop.customer("fabrikam")},
            oems={"fabrikam": {"profile": "reference-v1", "base_url": self_url(),
                               "auth": {"method": "bearer", "token": {"file": "secret"}},
                               "consent_link": maker}})
        self.assertEqual(self.ask("link", "contoso"), maker + "\n")
        (record,) = self.ask_json("list", "contoso")["consent"]
        self.assertEqual((record["via"], record["link"], record["state"]),
                         ("oem/fabrikam", maker, "requested"))
        self.end()


def self_url():
    return "https://maker.example"


class Alone(WithAnAgent):
    """The same without a daemon."""

    def setUp(self):
        self.running = False


class Reseller(Case):
    def open_reseller(self, **more):
        self.open()
        self.shop.settings["partners"]["northwind"]["role"] = "indirect_reseller"
        self.shop.write_config()

    def test_nothing_is_ever_sent(self):
        self.open_reseller()
        agent = self.start()
        done = self.shop.run("consent", "check", "contoso")
        self.assertEqual(done.returncode, AUTH, done.stderr)
        self.assertIn("autoreg convert --to partner-center", done.stdout)
        self.assertEqual(self.state(), "denied")
        self.shop.drop("contoso", devices=2)
        self.until(lambda: len(json.loads(self.shop.run("devices", "--state", "held", "--json")
                                          .stdout)["devices"]) == 2, "not held")
        status = json.loads(self.shop.run("status", "--json").stdout)
        self.assertEqual(status["partners"][0]["token"], "none")
        (failed,) = self.ask_json("list", "--discover", code=3)["failed"]
        self.assertIn("reseller", failed["message"])
        requests = self.sim.counters()["requests"]
        self.assertEqual({name for name, n in requests.items() if n}, {"control"})
        self.stop(agent)

    def test_denied_from_the_start(self):
        self.open_reseller()
        agent = self.start()
        self.shop.drop("contoso", devices=1)
        self.until(lambda: self.state() == "denied", "not denied")
        self.stop(agent)


class Words(Case):
    def test_wrong_ones(self):
        self.open()
        for words in (["frobnicate"], ["link"], ["check"], ["list", "--mail"],
                      ["check", "contoso", "--template", "x"],
                      ["link", "contoso", "--mail", "--template", "x"],
                      ["list", "contoso", "--discover"], ["link", "contoso", "--discover"]):
            with self.subTest(words):
                self.ask(*words, code=USAGE)
        self.ask("link", "nobody", code=NOT_FOUND)
        self.ask("check", "nobody", code=NOT_FOUND)


class Wire(Case):
    def test_paths(self):
        self.open(NOBODY)
        agent = self.start()
        status, answer = self.shop.api("POST", "/v1/consent/contoso/link")
        self.assertEqual((status, answer), (200, {"customer": "contoso", "link": LINK}))
        status, answer = self.shop.api("GET", "/v1/consent/contoso")
        self.assertEqual((status, answer["consent"][0]["state"]), (200, "requested"))
        status, answer = self.shop.api("GET", "/v1/consent?customer=fabrikam")
        self.assertEqual((status, answer["consent"][0]["state"]), (200, "unknown"))
        self.assertEqual(len(self.shop.api("GET", "/v1/consent")[1]["consent"]), 2)
        for method, target in (("GET", "/v1/consent/nobody"), ("POST", "/v1/consent/nobody/link"),
                               ("POST", "/v1/consent/nobody/check")):
            self.assertEqual(self.shop.api(method, target)[0], 404)
        self.assertIn("consent_requested", self.trail())
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
