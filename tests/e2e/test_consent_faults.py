# SPDX-License-Identifier: Apache-2.0
"""Consent that comes and goes while lists run and everything else goes wrong as well.

AUTOREG_SEEDS=FIRST-LAST in the environment plays other seeds.
"""

import os
import random
import time
import unittest

import warp  # before anything that knows the programs
from workshop import TENANTS, Workshop

FIRST, LAST = map(int, os.environ.get("AUTOREG_SEEDS", "1-3").split("-"))
ROUNDS = 50
CUSTOMERS = ("contoso", "fabrikam", "adatum")
FAULTS = [
    {"on": "any", "chance": 0.05, "then": {"status": 503}},
    {"on": "any", "chance": 0.04, "then": {"status": 500, "when": "after"}},
    {"on": "any", "chance": 0.04, "then": {"cut": "before"}},
    {"on": "any", "chance": 0.04, "then": {"cut": "after"}},
    {"on": "any", "chance": 0.04, "then": {"throttle": 2}},
    {"on": "any", "chance": 0.08, "then": {"delay": "700ms"}},
]
SETTLE_S = 0.15  # what is under way is over: time must not seem to fly while something is written
RECENT = 3  # requests whose answers a killed agent may have taken with it


def scenario(faults=(), **relationship):
    return {"jobs": {"time": "5s"}, "faults": list(faults),
            "customers": {name: {"tenant": TENANTS[name],
                                 "relationship": relationship.get(name, "reseller")}
                          for name in CUSTOMERS}}


class Case(warp.Case):
    def open_shop(self, faults=(), **options):
        self.open(scenario(faults), {name: Workshop.customer(name) for name in CUSTOMERS},
                  batch={"max_devices": 10}, poll={"first": "1s", "max": "1m"}, **options)

    def status(self, customer):
        return next(c for c in self.shop.api("GET", "/v1/status")[1]["customers"]
                    if c["name"] == customer)

    def states(self, customer):
        return {s: n for s, n in self.status(customer)["states"].items() if n}

    def consent(self, customer):
        return self.shop.api("GET", f"/v1/consent/{customer}")[1]["consent"][0]

    def uploads(self):
        requests = self.sim.counters()["requests"]
        return requests["create"] + requests["append"]


class Flips(Case):
    def drop(self):
        customer = self.luck.choice(CUSTOMERS)
        self.lists += 1
        self.serials[customer] += self.shop.drop(customer, self.luck.randint(1, 30),
                                                 name=f"{self.lists}.csv")

    def flip(self):
        self.sim.post_consent(self.luck.choice(CUSTOMERS), self.luck.choice(("none", "reseller")))

    def move(self):
        self.pass_time(self.luck.choice(("1s", "5s", "30s", "5m", "20m")))

    def kill(self):
        self.agent.kill()
        self.agent.wait()
        for request in self.sim.requests()[-RECENT:]:
            if request["status"] == 403:
                self.forgiven.add(request["path"].split("/")[3])
        self.agent = self.start()

    def assert_asked_first(self, seed):
        """It may be sent once more only if the agent died with the answer that forbade it. Who was
        killed with the wish to wait, before it was durable, does not know of it either."""
        for violation in self.sim.violations():
            if violation["kind"] == "retry-too-early":
                continue
            name = violation["text"].partition(":")[0]
            self.assertEqual(violation["kind"], "upload-without-consent", (seed, violation))
            self.assertIn(TENANTS[name], self.forgiven, (seed, violation, self.shop.log()))
            self.forgiven.remove(TENANTS[name])

    def settle(self, customer):
        wanted = {"registered": len(self.serials[customer])} if self.serials[customer] else {}
        self.until_passing(lambda: self.states(customer) == wanted,
                           f"{customer} is not {wanted}", step="1m", at_most="6h")

    def play(self, seed):
        self.luck = random.Random(seed)
        self.serials = {name: [] for name in CUSTOMERS}
        self.lists = 0
        self.forgiven = set()
        self.open_shop(FAULTS, options=("--seed", str(seed)),
                       consent={"recheck": "10m", "max_age": "1h"})
        self.agent = self.start()
        for _ in range(ROUNDS):
            act, = self.luck.choices((self.drop, self.flip, self.move, self.kill), (5, 4, 3, 1))
            act()
            time.sleep(SETTLE_S)
            self.pass_time("1s")
        self.sim.post_scenario(scenario(adatum="none"))
        for customer in ("contoso", "fabrikam"):
            self.settle(customer)
        self.until_passing(lambda: set(self.states("adatum")) <= {"registered", "held", "submitted"},
                           "adatum goes on", step="1m", at_most="6h")
        self.assert_asked_first(seed)
        self.sim.post_consent("adatum", "reseller")
        self.settle("adatum")
        for customer, serials in self.serials.items():
            books = self.books(customer)
            self.assertEqual({s: d["registered"] for s, d in books.items()},
                             dict.fromkeys(serials, 1), seed)
        self.assert_asked_first(seed)
        self.stop(self.agent)

    def test_seeds(self):
        for seed in range(FIRST, LAST + 1):
            with self.subTest(seed=seed):
                self.play(seed)


class OutOfReach(Case):
    def test_an_hour_and_longer(self):
        self.open_shop(consent={"recheck": "10m", "max_age": "2h"})
        agent = self.start()
        self.shop.drop("contoso", 3, name="1.csv")
        self.until_passing(lambda: self.states("contoso") == {"registered": 3}, "the first list",
                           step="5s", at_most="5m")
        self.sim.post_scenario(scenario([{"on": "customer", "then": {"status": 503}}]))
        self.pass_time("10m", step="1m")
        known = self.consent("contoso")
        asked = self.sim.counters()["requests"]["customer"]
        self.pass_time("1h", step="10m")
        self.until(lambda: self.sim.counters()["requests"]["customer"] > asked, "nobody asks")
        self.assertEqual(self.consent("contoso")["state"], "granted")
        self.assertEqual(self.consent("contoso"), known)  # and so how old it is

        self.shop.drop("contoso", 3, name="2.csv")
        self.until_passing(lambda: self.states("contoso") == {"registered": 6}, "the second list",
                           step="5s", at_most="5m")
        self.pass_time("1h", step="10m")
        sent = self.uploads()
        self.shop.drop("contoso", 3, name="3.csv")
        self.until_logged("list=3")
        self.pass_time("30m", step="5m")
        self.assertEqual(self.uploads(), sent)
        self.assertEqual(self.consent("contoso")["checked"], known["checked"])
        self.assertEqual(self.consent("contoso")["state"], "granted")

        self.sim.post_scenario(scenario())
        self.until_passing(lambda: self.states("contoso") == {"registered": 9}, "the third list",
                           step="1m", at_most="1h")
        self.assertGreater(self.consent("contoso")["checked"], known["checked"])
        self.assertEqual(self.sim.violations(), [])
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
