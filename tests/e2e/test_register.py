# SPDX-License-Identifier: Apache-2.0
"""autoreg register, by itself, against the simulator: the whole job, and everything that goes wrong."""

import csv
import json
import os
import re
import signal
import stat
import subprocess
import time
import unittest

import harness
from simulator import Simulator
from workshop import TAG, Workshop

FAST = {"time": "50ms"}
DONE, FAILED, USAGE, PARTLY, AUTH, TEMPORARY, NOT_FOUND, TIMED_OUT = 0, 1, 2, 3, 4, 5, 6, 8


class Case(unittest.TestCase):
    maxDiff = None

    def open(self, scenario=None, customers=None, tls=False, **sections):
        """A service and a shop; self.sim and self.shop."""
        scenario = {"jobs": FAST, **(scenario or {})}
        self.sim = self.enterContext(Simulator(scenario, tls=tls))
        self.shop = self.enterContext(Workshop(self.sim.url, customers, **sections))

    def register(self, *lists, code=DONE, options=(), customer="contoso", **kwargs):
        """Registers lists; the document that it prints."""
        done = self.shop.run("register", "--customer", customer, "--json", *options,
                             *map(str, lists), **kwargs)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def books(self, customer="contoso"):
        return {d["serial"]: d for d in self.sim.customer(self.shop.tenant(customer))["devices"]}

    def report(self, document):
        with open(document["report"], encoding="utf-8-sig", newline="") as f:
            return list(csv.DictReader(f))

    def assert_once(self, serials, customer="contoso", violations=()):
        """Each is in the service's books once, and the service found nothing to complain about."""
        books = self.books(customer)
        self.assertEqual(set(books), set(serials))
        self.assertEqual({d["registered"] for d in books.values()}, {1})
        kinds = {v["kind"] for v in self.sim.violations()}
        self.assertLessEqual(kinds, set(violations))


class TheJob(Case):
    def test_all_good(self):
        self.open()
        path, serials = self.shop.make_list("a.csv", 7)
        document = self.register(path)
        (entry,) = document["lists"]
        self.assertEqual({k: entry[k] for k in ("id", "customer", "file", "rows", "done", "states")},
                         {"id": "1", "customer": "contoso", "file": "a.csv", "rows": 7,
                          "done": True, "states": {"registered": 7}})
        self.assertRegex(entry["received"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$")
        self.assertEqual(document["states"], {"registered": 7})
        self.assert_once(serials)
        rows = self.report(document)
        self.assertEqual([(int(r["Line"]), r["Serial Number"], r["State"]) for r in rows],
                         [(n + 2, s, "registered") for n, s in enumerate(serials)])
        self.assertTrue(all(re.fullmatch(r"[0-9a-f-]{36}", r["Request ID"]) for r in rows))
        (batch,) = self.sim.customer(self.shop.tenant("contoso"))["batches"]
        self.assertEqual(batch["name"], TAG)

    def test_text(self):
        self.open({"customers": {"contoso": {"tenant": Workshop.tenant("contoso"),
                                             "foreign": ["TEST00000001"]}}})
        path, _ = self.shop.make_list("a.csv", 3)
        done = self.shop.run("register", "--customer", "contoso", str(path))
        self.assertEqual(done.returncode, PARTLY, done.stderr)
        self.assertIn("a.csv (list 1): 2 registered, 1 claimed\n", done.stdout)
        self.assertIn("TEST00000001  claimed, ZtdDeviceAssignedTo", done.stdout)
        self.assertIn("\n2 of 3 registered.\n", done.stdout)

    def test_many_batches_and_lists(self):
        self.open(batch={"max_devices": 50})
        lists = [self.shop.make_list(f"{n}.csv", 120, format_name=f)
                 for n, f in enumerate(["autopilotinfo", "partner-center", "mmd"])]
        document = self.register(*(path for path, _ in lists))
        self.assertEqual(document["states"], {"registered": 360})
        self.assert_once([s for _, serials in lists for s in serials])
        self.assertEqual(document["report"], str(self.shop.state / "lists"))

    def test_again_sends_nothing(self):
        self.open()
        path, serials = self.shop.make_list("a.csv", 5)
        self.register(path)
        sent = len(self.sim.requests("create")) + len(self.sim.requests("append"))
        document = self.register(path)
        self.assertEqual(document["states"], {"registered": 5})
        self.assertEqual(document["lists"][0]["id"], "2")
        self.assertEqual(len(self.sim.requests("create")) + len(self.sim.requests("append")), sent)
        self.assert_once(serials)

    def test_a_second_list_goes_to_the_same_group(self):
        self.open()
        first, serials = self.shop.make_list("a.csv", 3)
        second, more = self.shop.make_list("b.csv", 3)
        self.register(first)
        self.register(second)
        self.assert_once(serials + more)
        self.assertEqual(len(self.sim.requests("create")), 1)
        self.assertEqual(len(self.sim.requests("append")), 1)

    def test_refused_rows_are_not_sent(self):
        self.open()
        path, serials = self.shop.make_list("a.csv", 4)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        lines[2] = lines[2][:600] + "\r\n"
        path.write_text("".join(lines), encoding="utf-8")
        document = self.register(path, code=PARTLY)
        self.assertEqual(document["states"], {"registered": 3, "refused": 1})
        self.assert_once([s for n, s in enumerate(serials) if n != 1])
        row = self.report(document)[1]
        self.assertEqual((row["Line"], row["State"]), ("3", "refused"))
        self.assertIn("hash", row["Name"] + row["Code"] + row["Message"])

    def test_verdicts(self):
        self.open({
            "verdicts": {
                "TEST00000000": {"code": 806, "name": "ZtdDeviceAlreadyAssigned"},
                "TEST00000001": {"code": 808, "name": "ZtdDeviceAssignedToAnotherTenant"},
                "TEST00000002": {"code": 812, "name": "ZtdDeviceNotFound"},
                "TEST00000003": {"code": 802, "name": "InvalidZtdHardwareHash"},
                "TEST00000004": {"code": 814, "name": "ZtdDeviceAlreadyAadRegistered"},
                "TEST00000005": {"code": 640, "name": "StorageError", "times": 2},
                "TEST00000006": {"code": 999, "name": "SomethingNew"},
            }})
        path, _ = self.shop.make_list("a.csv", 8)
        document = self.register(path, code=PARTLY)
        told = {r["Serial Number"]: (r["State"], r["Verdict"], r["Code"]) for r in
                self.report(document)}
        self.assertEqual(told, {
            "TEST00000000": ("registered", "already_here", "806"),
            "TEST00000001": ("claimed", "claimed_elsewhere", "808"),
            "TEST00000002": ("failed", "not_found", "812"),
            "TEST00000003": ("failed", "bad_hash", "802"),
            "TEST00000004": ("held", "directory", "814"),
            "TEST00000005": ("registered", "ok", ""),
            "TEST00000006": ("failed", "unexpected", "999"),
            "TEST00000007": ("registered", "ok", ""),
        })


class People(Case):
    """What only a person can mend."""

    def no_consent(self, **more):
        return {"contoso": {"tenant": Workshop.tenant("contoso"), "relationship": "none", **more}}

    def test_no_consent(self):
        for refusal in ("forbidden", "forbidden_empty", "not_found", "shown"):
            with self.subTest(refusal):
                self.open({"customers": self.no_consent(refusal=refusal)})
                path, serials = self.shop.make_list("a.csv", 3)
                document = self.register(path, code=AUTH)
                self.assertEqual(document["states"], {"held": 3})
                self.assertEqual(self.sim.requests("create"), [])
                self.sim.post_consent(self.shop.tenant("contoso"), "reseller")
                document = self.register(path)
                self.assertEqual(document["states"], {"registered": 3})
                self.assert_once(serials)

    def test_credentials(self):
        for number in (7000215, 700016, 700082, 53003):
            with self.subTest(number):
                self.open({"faults": [{"on": "token", "then": {"aadsts": number}}]})
                path, _ = self.shop.make_list("a.csv", 2)
                done = self.shop.run("register", "--customer", "contoso", str(path))
                self.assertEqual(done.returncode, AUTH, done.stderr)
                self.assertIn("waits for credentials", done.stdout)
                self.assertIn(str(number), done.stdout + done.stderr)

    def test_no_mfa(self):
        self.open({"apps": [{"tenant": "11111111-1111-4111-8111-111111111111",
                             "client_id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
                             "secret": "secret", "refresh_tokens": ["seed"], "mfa": False}]})
        path, _ = self.shop.make_list("a.csv", 2)
        document = self.register(path, code=AUTH)
        self.assertEqual(document["states"], {"held": 2})

    def test_app_only_is_refused(self):
        self.open()
        self.shop.settings["partners"]["northwind"]["auth"] = {
            "method": "client_credentials", "client_secret": {"file": "secret"}}
        self.shop.write_config()
        path, _ = self.shop.make_list("a.csv", 2)
        document = self.register(path, code=AUTH)
        self.assertEqual(document["states"], {"held": 2})

    def test_a_group_of_the_same_name_but_for_case(self):
        self.open(customers={"contoso": Workshop.customer("contoso", group_tag=TAG.lower())})
        path, serials = self.shop.make_list("a.csv", 1)
        rows = path.read_bytes()
        self.register(path)
        self.shop.settings["customers"] = {"contoso": Workshop.customer("contoso")}
        self.shop.write_config()
        other, _ = self.shop.make_list("b.csv", 2)
        document = self.register(other, code=AUTH)
        self.assertEqual(document["states"], {"held": 2})
        self.assertEqual(set(self.books()), set(serials))
        self.assertTrue(rows)

    def test_tags(self):
        self.open()
        path, _ = self.shop.make_list("a.csv", 2, format_name="autopilotinfo+tag")
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(TAG, TAG.replace("_", "-"), 1), encoding="utf-8")
        document = self.register(path, code=PARTLY)
        self.assertEqual(document["states"], {"registered": 1, "refused": 1})
        document = self.register(path, code=USAGE, options=["--group-tag", "Other"])
        self.assertIn("allowed_tags", document["error"]["message"])


class Faults(Case):
    """What the network and the service do. Nothing is lost, nothing is sent twice unasked."""

    def whole(self, faults, devices=12, batch=4, violations=(), **scenario):
        self.open({"faults": faults, **scenario}, batch={"max_devices": batch})
        path, serials = self.shop.make_list("a.csv", devices)
        document = self.register(path)
        self.assertEqual(document["states"], {"registered": devices})
        self.assert_once(serials, violations=violations)

    def test_throttled(self):
        for form in ("seconds", "date"):
            with self.subTest(form):
                self.whole([{"on": on, "nth": 1, "then": {"throttle": 1, "retry_as": form}}
                            for on in ("customer", "batches", "create", "status")])

    def test_cut(self):
        for when in ("before", "after"):
            for on in ("token", "customer", "batches", "create", "append", "status"):
                with self.subTest(f"{on} {when}"):
                    self.whole([{"on": on, "nth": 1, "then": {"cut": when}}])

    def test_server_errors(self):
        for status in (500, 502, 503, 504):
            for when in ("before", "after"):
                with self.subTest(f"{status} {when}"):
                    self.whole([{"on": on, "nth": 2, "then": {"status": status, "when": when}}
                                for on in ("create", "append", "status", "customer")]
                               + [{"on": "create", "nth": 1,
                                   "then": {"status": status, "when": when}}])

    def test_spoiled_answers(self):
        self.whole([{"on": "status", "nth": 1, "then": {"truncate": 20}},
                    {"on": "batches", "nth": 1, "then": {"truncate": 3}},
                    {"on": "customer", "nth": 1, "then": {"trickle": 2000}}])

    def test_token_expires(self):
        self.whole([{"on": "append", "nth": 1, "then": {"token_expired": True}},
                    {"on": "status", "nth": 1, "then": {"token_expired": True}}])

    def test_results_in_any_order(self):
        for order in ("reversed", "shuffled"):
            with self.subTest(order):
                self.whole([], jobs={**FAST, "order": order})

    def test_results_without_names(self):
        self.whole([], jobs={**FAST, "identifiers": False})

    def test_missing_results(self):
        self.whole([], jobs={**FAST, "omit_nth": [1, 3]})

    def test_forgotten_job(self):
        self.whole([], jobs={**FAST, "forget_after": "60ms"})

    def test_pages(self):
        self.whole([{"on": "create", "nth": 1, "then": {"cut": "after"}}], devices=250, batch=250)

    def test_storm(self):
        self.whole([], devices=40, throttle={"per": "partner", "requests": 8, "window": "1s",
                                             "retry_after": 1})

    def test_two_per_cent_of_everything(self):
        self.whole([{"on": "any", "chance": 0.02, "then": {"cut": "before"}},
                    {"on": "any", "chance": 0.02, "then": {"cut": "after"}},
                    {"on": "any", "chance": 0.02, "then": {"status": 503}},
                    {"on": "any", "chance": 0.02, "then": {"throttle": 1}}], devices=400, batch=20)

    def test_a_body_that_the_service_cannot_bear(self):
        """Every create and append fails: at the end each stands alone, and fails."""
        self.open({"faults": [{"on": on, "then": {"status": 500}} for on in ("create", "append")]},
                  retry={"base": "5ms", "max": "50ms"}, poll={"first": "10ms", "max": "20ms"})
        path, _ = self.shop.make_list("a.csv", 4)
        document = self.register(path, code=FAILED)
        self.assertEqual(document["states"], {"failed": 4})


class Limits(Case):
    def test_timeout(self):
        self.open({"jobs": {"time": "never"}})
        path, _ = self.shop.make_list("a.csv", 2)
        document = self.register(path, code=TIMED_OUT, options=["--timeout", "1s"])
        self.assertEqual(document["states"], {"submitted": 2})

    def test_no_wait(self):
        self.open()
        path, serials = self.shop.make_list("a.csv", 2)
        document = self.register(path, options=["--no-wait"])
        self.assertFalse(document["lists"][0]["done"])
        self.register(path)
        self.assert_once(serials)

    def test_interrupted(self):
        self.open({"jobs": {"time": "never"}})
        path, _ = self.shop.make_list("a.csv", 2)
        agent = subprocess.Popen([harness.PROGRAM, "--config", str(self.shop.config), "register",
                                  "--customer", "contoso", str(path)],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while not self.sim.requests("status"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        agent.send_signal(signal.SIGINT)
        out, err = agent.communicate(timeout=30)
        self.assertEqual(agent.returncode, 130, out + err)

    def test_no_such_customer(self):
        self.open()
        document = self.register("a.csv", customer="nobody", code=NOT_FOUND)
        self.assertIn("nobody", document["error"]["message"])

    def test_no_list(self):
        self.open()
        path = self.shop.folder / "a.csv"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
        document = self.register(path, code=FAILED)
        self.assertEqual(document["lists"], [])
        self.assertEqual(document["untaken"][0]["file"], str(path))
        self.assertIn("not-a-list", document["untaken"][0]["message"])
        document = self.register(self.shop.folder / "missing.csv", code=FAILED)
        self.assertEqual(document["lists"], [])
        self.assertIn("No such file", document["untaken"][0]["message"])

    def test_another_agent_has_the_state(self):
        self.open({"jobs": {"time": "never"}})
        agent = self.shop.start()
        deadline = time.monotonic() + 30
        while "ready" not in self.shop.log():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        # Without its socket the running agent cannot be asked.
        (self.shop.folder / "control.sock").unlink(missing_ok=True)
        path, _ = self.shop.make_list("a.csv", 2)
        document = self.register(path, code=TEMPORARY)
        self.assertIn(str(agent.pid), document["error"]["message"])
        self.assertEqual(self.shop.stop(agent), 0, self.shop.log())

    def test_tls(self):
        self.open(tls=True)
        path, serials = self.shop.make_list("a.csv", 3)
        self.register(path, env={**os.environ, "SSL_CERT_FILE": str(self.sim.ca)})
        self.assert_once(serials)

    def test_tls_of_a_stranger(self):
        self.open(tls=True)
        path, _ = self.shop.make_list("a.csv", 3)
        document = self.register(path, code=TIMED_OUT, options=["--timeout", "2s"])
        self.assertEqual(document["states"], {"queued": 3})
        self.assertEqual(self.sim.requests(), [])


class Secrets(Case):
    def test_nothing_in_clear(self):
        self.open()
        path, _ = self.shop.make_list("a.csv", 3)
        done = self.shop.run("-vv", "register", "--customer", "contoso", str(path))
        self.assertEqual(done.returncode, DONE, done.stderr)
        shown = done.stdout + done.stderr
        kept = b""
        for file in self.shop.state.rglob("*"):
            self.assertEqual(stat.S_IMODE(file.stat().st_mode) & 0o077, 0, file)
            if file.is_file() and "lists" not in file.parts:
                kept += file.read_bytes()
        tokens = {r["refresh_token"] for r in self.sim.books().get("refresh_tokens", [])
                  if "refresh_token" in r} | {"seed"}
        for secret in tokens:
            self.assertNotIn(secret.encode() + b"\n", kept)
        hash_text = path.read_text(encoding="utf-8").splitlines()[1].split(",")[2]
        self.assertNotIn(hash_text[:60], shown)
        self.assertEqual(stat.S_IMODE(self.shop.state.stat().st_mode), 0o700)


if __name__ == "__main__":
    unittest.main()
