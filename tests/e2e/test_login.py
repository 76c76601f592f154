# SPDX-License-Identifier: Apache-2.0
"""People sign in and out for a partner: by the running agent, and by the command itself."""

import json
import re
import signal
import subprocess
import time
import unittest

import harness
from agent_case import Case

DONE, FAILED, USAGE, AUTH, TEMPORARY, NOT_FOUND, INTERRUPTED = 0, 1, 2, 4, 5, 6, 130
CODE = re.compile(r"^ {4}([B-Z]{9})$", re.MULTILINE)
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"


def app(*sign_ins, **more):
    return {"apps": [{"tenant": "11111111-1111-4111-8111-111111111111",
                      "client_id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "secret": "secret",
                      "refresh_tokens": ["seed"], "sign_ins": list(sign_ins), **more}]}


class LoginCase(Case):
    def open(self, *sign_ins, seed=False, customers=None, **more):
        super().open(app(*sign_ins, **more), customers=customers)
        if not seed:
            del self.shop.settings["partners"]["northwind"]["auth"]["refresh_token"]
            self.shop.write_config()

    def run_json(self, *words, code=DONE):
        done = self.shop.run(*words, "--json")
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def partner(self):
        return self.run_json("status")["partners"][0]

    def held(self):
        return {c["name"]: c["held_for"] for c in self.run_json("status")["customers"]}

    def trail(self):
        """The sign-ins that the trail tells of, in their order."""
        return [(e["kind"], e["actor"]) for e in self.run_json("events")["events"]
                if e["kind"].startswith("login_")]

    def until_registered(self, serials):
        self.until(lambda: self.run_json("status")["customers"][0]["states"].get("registered", 0)
                   == len(serials), "they are not registered")
        self.assert_once(serials)

    def begin(self):
        """A command that waits for the person, and the code that it shows."""
        command = subprocess.Popen(
            [harness.PROGRAM, "--config", str(self.shop.config), "login", "northwind", "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(command.stdout.close)
        self.addCleanup(command.stderr.close)
        self.addCleanup(command.wait)
        self.addCleanup(command.kill)
        shown = ""
        while not CODE.search(shown):
            line = command.stderr.readline()
            self.assertTrue(line, shown)
            shown += line
        return command, CODE.search(shown).group(1)


class Local(LoginCase):
    def test_signs_in(self):
        self.open({"account": "eve@northwind.example", "roles": [GLOBAL]}, public_client=False)
        done = self.shop.run("login", "northwind")
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertRegex(done.stderr, CODE)
        self.assertIn("multi-factor", done.stderr)
        self.assertRegex(done.stdout, r"signed in for northwind\n"
                                      r"  account     eve@northwind\.example\n"
                                      r"  roles       Global Administrator\n"
                                      r"  lasts until 2\d{3}-")
        partner = self.partner()
        self.assertEqual(partner["account"], "eve@northwind.example")
        self.assertGreater(partner["good_until"], partner["signed_in"])
        self.assertEqual(self.trail()[0][0], "login_done")
        self.assertRegex(self.trail()[0][1], r"^uid \d+$")
        path, _ = self.shop.make_list("a.csv", devices=2)
        done = self.shop.run("register", "--customer", "contoso", str(path))
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertEqual(self.sim.violations(), [])

    def test_no_code_is_a_secret_but_tokens_are(self):
        self.open({})
        done = self.shop.run("-vvv", "login", "northwind")
        self.assertEqual(done.returncode, DONE, done.stderr)
        for secret in ("device_code=", "eyJ", "refresh_token"):
            self.assertNotIn(secret, done.stderr + done.stdout)

    def test_refusals(self):
        cases = (({"then": "decline"}, AUTH, "refused", "approve what is asked"),
                 ({"then": "block"}, AUTH, "refused", "Conditional Access"),
                 ({"then": "expire"}, TEMPORARY, "temporary", "Begin the sign-in again"),
                 ({"tenant": "22222222-2222-4222-8222-222222222222"}, AUTH, "refused",
                  "partner's own tenant"),
                 ({"mfa": False}, AUTH, "refused", "multi-factor authentication"))
        self.open(*(case[0] for case in cases))
        for sign_in, code, word, advice in cases:
            with self.subTest(sign_in):
                end = self.run_json("login", "northwind", code=code)
                self.assertEqual((end["state"], end["error"]["code"]), ("failed", word))
                self.assertIn(advice, end["error"]["message"] + end["error"]["advice"])
                self.assertEqual(set(self.held().values()), {"credentials"})
        self.assertEqual([kind for kind, _ in self.trail()], [])

    def test_nobody_to_ask(self):
        self.open()
        self.run_json("login", "fabrikam", code=NOT_FOUND)
        self.run_json("logout", "fabrikam", code=NOT_FOUND)
        self.shop.settings["partners"]["northwind"]["auth"]["method"] = "client_credentials"
        self.shop.write_config()
        why = self.run_json("login", "northwind", code=USAGE)["error"]["message"]
        self.assertIn("client_credentials", why)
        self.sim.stop()
        self.shop.settings["partners"]["northwind"]["auth"]["method"] = "refresh_token"
        self.shop.write_config()
        self.assertEqual(self.run_json("login", "northwind", code=TEMPORARY)["state"], "failed")

    def test_interrupted(self):
        self.open()
        command, _ = self.begin()
        command.send_signal(signal.SIGINT)
        self.assertEqual(command.wait(30), INTERRUPTED)


class Daemon(LoginCase):
    def test_starts_without_and_goes_on(self):
        self.open()
        serials = self.shop.drop("contoso", devices=3)
        self.start()
        self.until(lambda: self.held()["contoso"] == "credentials", "it is not held")
        self.assertEqual(self.partner()["token"], "none")
        self.assertIn("autoreg login", self.partner()["message"])
        command, code = self.begin()
        status, joined = self.shop.api("POST", "/v1/login/northwind")
        self.assertEqual((status, joined["state"], joined["user_code"]), (202, "waiting", code))
        self.sim.decide_sign_in(code, "approve")
        end = json.loads(command.communicate(timeout=60)[0])
        self.assertEqual((command.returncode, end["state"]), (DONE, "done"))
        self.until_registered(serials)
        self.assertEqual(self.held()["contoso"], None)
        self.assertEqual(self.partner()["token"], "valid")
        self.assertEqual(self.shop.api("GET", "/v1/login/northwind")[1]["state"], "done")
        self.assertEqual(self.shop.api("POST", "/v1/login/nobody")[0], 404)

    def test_signs_out_for_good(self):
        self.open(seed=True)
        agent = self.start()
        self.assertEqual(self.run_json("logout", "northwind"),
                         {"partner": "northwind", "signed_in": False})
        self.until(lambda: self.held()["contoso"] == "credentials", "it is not held")
        self.assertEqual(self.partner()["token"], "none")
        self.stop(agent)
        self.start()  # and what it has begun with is not used again
        self.assertEqual(self.partner()["token"], "none")
        self.assertEqual([kind for kind, _ in self.trail()], ["login_forgotten"])

    def test_a_lost_sign_in(self):
        self.open({}, seed=True, refresh_tokens=[])
        serials = self.shop.drop("contoso", devices=1)
        self.start()
        self.until(lambda: self.held()["contoso"] == "credentials", "it is not held")
        time.sleep(0.5)
        self.assertEqual(self.trail(), [("login_lost", "agent")])
        self.assertEqual(self.partner()["token"], "refused")
        self.run_json("login", "northwind")
        self.until_registered(serials)
        self.assertEqual([kind for kind, _ in self.trail()],
                         ["login_lost", "login_done", "login_renewed"])

    def test_stopped_while_a_person_thinks(self):
        self.open()
        agent = self.start()
        command, _ = self.begin()
        self.stop(agent)
        self.assertIn(command.wait(60), (TEMPORARY, FAILED))
        self.start()


if __name__ == "__main__":
    unittest.main()
