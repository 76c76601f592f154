# SPDX-License-Identifier: Apache-2.0
"""Five days of six customers in a minute: who consents late, who withdraws, whose device another
organization holds, whose sign-in ends. All devices end right, and each step can be looked up."""

import collections
import json
import re
import subprocess
import unittest
import urllib.request

import warp  # before anything that knows the programs
import agent_case
from workshop import TENANTS, Workshop

DONE, PARTLY, AUTH = 0, 3, 4
NORTHWIND = ("contoso", "fabrikam", "adatum", "tailspin")
SOUTHRIDGE = ("proseware", "wingtip")
APPS = {"northwind": ("11111111-1111-4111-8111-111111111111",
                      "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"),
        "southridge": ("88888888-8888-4888-8888-888888888888",
                       "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb")}
FOREIGN = "TEST00000001"
ACCOUNT = "eve@southridge.example"
BATCH = 5
IN_FLIGHT = 2
SAMPLE = re.compile(r'^(\w+\{[^}]*\}) ([0-9.e+]+)$', re.MULTILINE)


def app(partner, **more):
    tenant, client_id = APPS[partner]
    return {"tenant": tenant, "client_id": client_id, "secret": "secret",
            "refresh_tokens": [f"seed-{partner}"], **more}


def scenario(southridge_life):
    """What happens by itself, since the start."""
    changes = {
        "fabrikam": [{"at": "5h", "relationship": "reseller"}],
        "adatum": [{"at": "30h", "relationship": "reseller"}],
        "tailspin": [{"at": "10h", "relationship": "none"},
                     {"at": "3d", "relationship": "reseller"}],
    }
    customers = {name: {"tenant": tenant, "domain": f"{name}.onmicrosoft.com"}
                 for name, tenant in TENANTS.items()}
    customers["contoso"]["foreign"] = [{"serial": FOREIGN, "until": "4d"}]
    for name, course in changes.items():
        customers[name]["changes"] = course
        if course[0]["relationship"] == "reseller":
            customers[name]["relationship"] = "none"
    return {
        "apps": [app("northwind"),
                 app("southridge", public_client=True, refresh_token_lifetime=southridge_life,
                     sign_ins=[{"after": "10s", "account": ACCOUNT}])],
        "customers": customers,
        "jobs": {"time": "2m"},
    }


class Day(warp.Case):
    def open_day(self):
        self.port = agent_case.free_port()
        customers = {name: Workshop.customer(name, via=f"partner/{partner}")
                     for partner, names in (("northwind", NORTHWIND), ("southridge", SOUTHRIDGE))
                     for name in names}
        partners = {name: {"cloud": "lab", "tenant": tenant, "client_id": client_id,
                           "auth": {"method": "refresh_token", "client_secret": {"file": "secret"},
                                    "refresh_token": {"file": f"seed-{name}"}}}
                    for name, (tenant, client_id) in APPS.items()}
        self.open(scenario("30m"), customers, partners=partners,
                  listen=f"127.0.0.1:{self.port}",
                  batch={"max_devices": BATCH, "in_flight": IN_FLIGHT},
                  claims={"recheck": ["6h", "24h"]}, consent={"recheck": "1h", "max_age": "24h"})
        for name in APPS:
            path = self.shop.folder / f"seed-{name}"
            path.touch(0o600)
            path.write_text(path.name, encoding="ascii")
        self.serials = collections.defaultdict(list)
        return self.start()

    # What people and programs see of it.

    def ask(self, *words, code=DONE):
        done = self.shop.run(*words, "--json")
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def kinds(self, customer=None, partner=None):
        """What has happened to a customer or partner, in its order, apart from lists."""
        return [e["kind"] for e in self.ask("events", "--limit", "1000")["events"]
                if (not customer or e["customer"] == customer)
                and (not partner or e["partner"] == partner and not e["customer"])
                and not e["kind"].startswith("list_")]

    def consent(self, customer):
        return self.ask("consent", "list", customer)["consent"][0]

    def status(self, customer):
        return next(c for c in self.ask("status")["customers"] if c["name"] == customer)

    def partner(self, name):
        return next(p for p in self.ask("status")["partners"] if p["name"] == name)

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            text = answer.read().decode()
        return {name: float(value) for name, value in SAMPLE.findall(text)}

    def assert_metrics(self, **expected):
        metrics = self.metrics()
        for state, customers in expected.items():
            name, want = ("state", customers) if state == "consent" else (state, customers)
            for customer, value in want.items():
                if name == "state":
                    sample = f'autoreg_consent_state{{customer="{customer}",state="{value}"}}'
                    self.assertEqual(metrics[sample], 1)
                else:
                    sample = f'autoreg_devices{{customer="{customer}",state="{state}"}}'
                    self.assertEqual(metrics[sample], value, sample)

    def states(self, customer):
        return {s: n for s, n in self.status(customer)["states"].items() if n}

    def until_states(self, customer, **states):
        self.until(lambda: self.states(customer) == states,
                   f"{customer}: not {states}: {self.status(customer)}")

    def drop(self, customer, devices):
        self.serials[customer] += self.shop.drop(customer, devices,
                                                 name=f"{len(self.serials[customer])}.csv")

    def settle(self, customer, **states):
        """Time passes until the customer's devices stand like this."""
        self.until_passing(lambda: self.states(customer) == states,
                           f"{customer}: not {states}", step="1m", at_most="30m")

    # The chapters.

    def begin(self):
        for customer in ("contoso", "proseware", "wingtip"):
            self.drop(customer, 4)
        self.settle("contoso", registered=3, claimed=1)
        self.settle("proseware", registered=4)
        self.settle("wingtip", registered=4)
        self.assertEqual(self.kinds("contoso"), ["consent_granted", "device_claimed"])
        (claim,) = self.ask("claims")["claims"]
        self.assertEqual((claim["serial"], claim["customer"], claim["attempts"]),
                         (FOREIGN, "contoso", 1))
        (gate,) = self.ask("gate", FOREIGN, code=PARTLY)["gate"]
        self.assertEqual((gate["may_ship"], gate["state"]), (False, "claimed"))

    def send_lists_too_early(self):
        for customer in ("fabrikam", "adatum"):
            self.drop(customer, 7)
            self.until(lambda: self.status(customer)["held_for"] == "consent",
                       f"{customer} is not held")
            self.until(lambda: "https://" in (self.status(customer)["held_message"] or ""),
                       "the link is not told")
            self.assertEqual(self.consent(customer)["state"], "unknown")
        link = self.ask("consent", "link", "fabrikam")["link"]
        self.assertIn(link, self.status("fabrikam")["held_message"])
        self.assertEqual(self.consent("fabrikam")["state"], "requested")
        self.ask("consent", "check", "fabrikam", code=AUTH)
        self.assertEqual(self.kinds("fabrikam"), ["consent_requested"])
        self.assert_metrics(consent={"fabrikam": "requested", "adatum": "unknown"})

    def lose_and_renew_a_login(self):
        self.until_passing(lambda: "login_lost" in self.kinds(partner="southridge"),
                           "no login is lost", step="10m", at_most="4h")
        self.drop("wingtip", 3)
        self.until_states("wingtip", registered=4, held=3)
        held = self.status("wingtip")
        self.assertEqual(held["held_for"], "credentials")
        self.assertIn("autoreg login", held["held_message"])
        self.sim.post_scenario(scenario("90d"))
        login = subprocess.Popen([agent_case.harness.PROGRAM, "--config", str(self.shop.config),
                                  "--json", "login", "southridge"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.until_passing(lambda: login.poll() is not None, "nobody signs in", step="5s",
                           at_most="10m")
        out, errors = login.communicate()
        self.assertEqual(login.returncode, DONE, errors)
        self.assertIn(ACCOUNT, out)
        self.settle("wingtip", registered=7)
        self.assertEqual(self.partner("southridge")["account"], ACCOUNT)
        self.assertEqual(self.kinds(partner="southridge"),
                         ["login_lost", "login_done", "login_renewed"])

    def consent_late(self):
        self.pass_until("5h", step="10m")
        self.settle("fabrikam", registered=7)
        self.assertEqual(self.kinds("fabrikam"), ["consent_requested", "consent_granted"])
        self.assertEqual(self.status("adatum")["held_for"], "consent")

    def withdraw_midway(self):
        self.pass_until("9h", step="30m")
        self.pass_until("599m", step="10m")
        self.drop("tailspin", 25)
        self.until(lambda: self.status("tailspin")["in_flight"] == IN_FLIGHT, "nothing is sent")
        self.pass_until("602m", step="30s")
        self.until(lambda: self.status("tailspin")["held_for"] == "consent", "it is not held")
        self.assertEqual(self.consent("tailspin")["state"], "withdrawn")
        self.assertEqual(self.kinds("tailspin"), ["consent_granted", "consent_withdrawn"])
        self.assertIn("403", self.consent("tailspin")["evidence"])
        self.until_states("tailspin", submitted=IN_FLIGHT * BATCH, held=25 - IN_FLIGHT * BATCH)
        self.assert_metrics(consent={"tailspin": "withdrawn"},
                            registered={"tailspin": 0, "contoso": 3, "fabrikam": 7})
        self.assertEqual(len(self.books("tailspin")), IN_FLIGHT * BATCH)

    def consent_very_late(self):
        self.pass_until("30h", step="1h")
        self.settle("adatum", registered=7)
        self.assertEqual(self.kinds("adatum"), ["consent_granted"])

    def consent_again(self):
        self.pass_until("72h", step="1h")
        self.settle("tailspin", registered=25)
        self.assertEqual(self.kinds("tailspin"),
                         ["consent_granted", "consent_withdrawn", "consent_granted"])

    def release(self):
        (claim,) = self.ask("claims")["claims"]
        asked = claim["attempts"]
        self.assertGreater(asked, 2)
        self.pass_until("96h", step="1h")
        self.until_passing(lambda: self.states("contoso") == {"registered": 4},
                           "it is not released", step="1h", at_most="25h")
        self.assertEqual(self.ask("claims")["claims"], [])
        (claim,) = self.ask("claims", "--all")["claims"]
        self.assertIsNotNone(claim["released"])
        (gate,) = self.ask("gate", FOREIGN)["gate"]
        self.assertTrue(gate["may_ship"])
        kinds = self.kinds("contoso")
        self.assertEqual(kinds[:2] + kinds[-1:],
                         ["consent_granted", "device_claimed", "claim_released"])
        self.assertEqual(set(kinds[2:-1]), {"claim_asked"})

    def end(self):
        for customer, serials in self.serials.items():
            self.assertEqual(self.states(customer), {"registered": len(serials)})
            self.assert_once(serials, customer)
            self.until_told(customer, serials)
        self.assertEqual(self.sim.violations(), [])

    def until_told(self, customer, serials):
        """Reports say in the end what is true in the end."""
        self.until(lambda: {r["Serial Number"]: r["State"] for r in self.rows(customer)} ==
                   dict.fromkeys(serials, "registered"), f"{customer}: the report is old")

    def test_it(self):
        agent = self.open_day()
        self.begin()
        self.send_lists_too_early()
        self.lose_and_renew_a_login()
        self.consent_late()
        self.withdraw_midway()
        self.consent_very_late()
        self.consent_again()
        self.release()
        self.end()
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
