# SPDX-License-Identifier: Apache-2.0
"""The state folder without the key that seals its tokens: it is as if nobody had signed in, nothing is
deleted, and whichever comes first, the key or a person, mends it."""

import contextlib
import json
import sqlite3
import unittest

from test_login import AUTH, DONE, LoginCase

LOST = "sealed with another key"
HOW = "run 'autoreg login northwind'"


class KeyCase(LoginCase):
    def lose_key(self, seed=True, sign_ins=({},)):
        """An agent has worked, and its key is gone."""
        self.open(*sign_ins, seed=seed, refresh_tokens=["seed", "other"])
        if not seed:
            self.run_json("login", "northwind")
        agent = self.start()
        self.serials = self.shop.drop("contoso", 2, "a.csv")
        self.until_registered(self.serials)
        self.stop(agent)
        self.key = self.shop.state / "seal.key"
        self.right = self.key.read_bytes()
        self.sealed = self.tokens()
        self.key.unlink()

    def tokens(self):
        with contextlib.closing(sqlite3.connect(self.shop.state / "autoreg.db")) as store:
            return dict(store.execute("SELECT name, sealed FROM token"))

    def go_on(self, name):
        self.serials += self.shop.drop("contoso", 2, name)
        self.until_registered(self.serials)

    def start_held(self):
        agent = self.start()
        self.assertIn(LOST, self.shop.log())
        self.assertEqual(self.held(), {"contoso": "credentials", "fabrikam": "credentials"})
        partner = self.partner()
        self.assertEqual(partner["token"], "none")
        self.assertIn(LOST, partner["message"])
        self.assertIn(HOW, partner["message"])
        return agent

    def kinds(self):
        return [kind for kind, _ in self.trail() if kind != "login_done"]


class Lost(KeyCase):
    def test_the_right_key_comes_back(self):
        self.lose_key()
        for _ in range(2):
            self.stop(self.start_held())
        self.key.write_bytes(bytes(b ^ 1 for b in self.right))
        self.stop(self.start_held())
        self.assertEqual(self.tokens(), self.sealed)  # nothing is deleted by itself
        self.key.write_bytes(self.right)
        agent = self.start()
        self.assertEqual(set(self.held().values()), {None})
        self.go_on("b.csv")
        self.assertEqual(self.kinds(), ["login_lost", "login_renewed"])
        self.stop(agent)

    def test_somebody_signs_in(self):
        self.lose_key()
        agent = self.start_held()
        waiting = self.shop.drop("contoso", 1, "b.csv")
        self.run_json("login", "northwind")
        self.serials += waiting
        self.until_registered(self.serials)
        self.assertEqual(self.kinds(), ["login_lost", "login_renewed"])
        self.stop(agent)
        for name in ("c.csv", "d.csv"):  # the sign-in stays, whatever the configuration has for a seed
            before = self.tokens()
            agent = self.start()
            self.go_on(name)
            self.assertNotEqual(self.tokens()["northwind#seed"], self.sealed["northwind#seed"])
            if name == "d.csv":
                self.assertEqual(self.tokens()["northwind#seed"], before["northwind#seed"])
            self.stop(agent)
        self.assertEqual(self.kinds(), ["login_lost", "login_renewed"])
        # Another seed is another person's wish, and told from the first.
        (self.shop.folder / "seed").write_text("other\n", encoding="ascii")
        before = self.tokens()["northwind#seed"]
        agent = self.start()
        self.go_on("e.csv")
        self.assertNotEqual(self.tokens()["northwind#seed"], before)
        self.stop(agent)

    def test_signs_in_without_an_agent(self):
        self.lose_key(seed=False, sign_ins=({}, {}))
        self.run_json("login", "northwind")
        agent = self.start()
        self.go_on("b.csv")
        self.stop(agent)

    def test_is_forgotten(self):
        """Then the seed of the configuration counts again."""
        for running in (True, False):
            with self.subTest(running=running):
                self.lose_key()
                agent = self.start_held() if running else None
                self.run_json("logout", "northwind")
                self.assertEqual(self.tokens(), {})
                if running:
                    self.assertIn("nobody has signed in", self.partner()["message"])
                    self.stop(agent)
                agent = self.start()
                self.go_on("b.csv")
                self.stop(agent)

    def test_doctor(self):
        self.lose_key()
        for running in (False, True):
            with self.subTest(running=running):
                agent = self.start_held() if running else None
                done = self.shop.run("doctor", "--json")
                self.assertEqual(done.returncode, AUTH, done.stdout)
                (check,) = [c for c in json.loads(done.stdout)["checks"] if c["name"] == "token"]
                self.assertEqual((check["subject"], check["status"]), ("partner/northwind", "failed"))
                self.assertIn(LOST, check["message"])
                self.assertIn("autoreg login", check["advice"])
                if running:
                    self.stop(agent)
        self.assertEqual(self.tokens(), self.sealed)

    def test_asked_for_consent(self):
        """What is asked in spite of it tells the same, and the key mends it all the same."""
        self.lose_key()
        agent = self.start_held()
        done = self.shop.run("consent", "check", "contoso")
        self.assertNotEqual(done.returncode, DONE)
        self.assertIn(LOST, done.stdout + done.stderr)
        self.assertIn(LOST, self.partner()["message"])
        self.stop(agent)
        self.key.write_bytes(self.right)
        agent = self.start()
        self.go_on("b.csv")
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
