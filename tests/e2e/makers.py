# SPDX-License-Identifier: Apache-2.0
"""Makers' services, all with the same surface, so that one suite fits them: what a test wants of a
service, and what it sees of it. Nothing here is known to the agent, which has a profile for each."""

import json
import pathlib

from other_maker import KEY, OtherMaker
from simulator import Simulator
from workshop import TENANTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALWAYS = 1_000_000


class Reference:
    """The simulator, which speaks reference-v1."""

    name = "reference"
    profile = ROOT / "config" / "reference-v1.yaml"
    auth = {"method": "bearer", "token": {"file": "maker-token"}}
    token = "t0ken"
    words = {"claimed_elsewhere": (808, "ZtdDeviceAssignedToOtherTenant"),
             "bad_input": (813, "ZtdDeviceIsNotUnique"), "not_found": (812, "ZtdDeviceNotFound"),
             "already_here": (806, "ZtdDeviceAlreadyAssigned"), "transient": (640, "StorageError"),
             "unexpected": (999, "ZtdSomethingNew")}

    def __init__(self):
        self._scenario = {
            "customers": {n: {"tenant": t, "domain": f"{n}.onmicrosoft.com"}
                          for n, t in TENANTS.items()},
            "maker": {"token": self.token}, "verdicts": {}, "faults": [],
            "jobs": {"time": "50ms", "order": "shuffled"}}
        self._sim = Simulator(self._scenario)

    def __enter__(self):
        self._sim.start()
        self.url = self._sim.url
        return self

    def __exit__(self, kind, value, trace):
        self._sim.stop()

    def say(self, serial, word, times=ALWAYS):
        """What the service has to say of a unit, in the words of verdicts, so often."""
        code, name = self.words[word]
        self._scenario["verdicts"][serial] = {"code": code, "name": name, "times": times}
        self._sim.post_scenario(self._scenario)

    def agree(self, customer, agreed):
        self._sim.post_consent(customer, "granted" if agreed else "revoked")

    def take_time(self, duration):
        """How long it is until a job is over."""
        self._scenario["jobs"]["time"] = duration
        self._sim.post_scenario(self._scenario)

    def lose_answer(self):
        """The next registration takes effect, and nobody hears of it."""
        self._scenario["faults"] = [{"on": "register", "nth": 1, "then": {"cut": "after"}}]
        self._sim.post_scenario(self._scenario)

    def units(self):
        """By serial number: customer's tenant, tag, order, submitted, registered, released."""
        return {u["serial"]: u for u in self._sim.books()["maker"]["units"]}

    def complaints(self):
        return self._sim.violations()

    def bodies(self):
        return [json.dumps(r["body"]) for r in self._sim.requests("register")]


class Other:
    """The one with other names, forms and words."""

    name = "other"
    profile = ROOT / "tests" / "data" / "oem" / "other.yaml"
    auth = {"method": "header", "token": {"file": "maker-token"}}
    token = KEY
    words = {"claimed_elsewhere": "TAKEN_BY_FABRIKAM", "bad_input": "BAD_VALUE",
             "not_found": "NOT_BUILT", "already_here": "OWNED", "transient": "BUSY",
             "unexpected": "SOMETHING_NEW"}

    def __init__(self):
        self._maker = OtherMaker()
        self.url = self._maker.url

    def __enter__(self):
        self._maker.__enter__()
        return self

    def __exit__(self, kind, value, trace):
        self._maker.__exit__(kind, value, trace)

    def say(self, serial, word, times=ALWAYS):
        self._maker.sayings[serial] = (self.words[word], times)

    def agree(self, customer, agreed):
        self._maker.agreements[TENANTS[customer]] = "SIGNED" if agreed else "NONE"

    def lose_answer(self):
        self._maker.lost_answers = 1

    def units(self):
        with self._maker.lock:
            return {serial: dict(vars(u)) for serial, u in self._maker.units.items()}

    def complaints(self):
        return list(self._maker.complaints)

    def bodies(self):
        return list(self._maker.bodies)


ALL = (Reference, Other)
