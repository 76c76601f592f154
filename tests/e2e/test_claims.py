# SPDX-License-Identifier: Apache-2.0
"""Devices that another organization holds: listed, noted, stopped, and told to support."""

import csv
import io
import json
import os
import pathlib
import stat
import unittest

import agent_case
from workshop import Workshop

DONE, FAILED, USAGE, PARTLY, NOT_FOUND, NO_DAEMON = 0, 1, 2, 3, 6, 7
FOREIGN = "TEST00000001"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Case(agent_case.Case):
    def ask(self, *words, code=DONE):
        done = self.shop.run(*words)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout

    def ask_json(self, *words, code=DONE):
        return json.loads(self.ask(*words, "--json", code=code))

    def claims(self, *words):
        return self.ask_json("claims", *words)["claims"]

    def open_claimed(self):
        """An agent that has found one device claimed, and one not."""
        self.open({"customers": {
            "contoso": {"tenant": Workshop.tenant("contoso"), "foreign": [FOREIGN]},
            "fabrikam": {"tenant": Workshop.tenant("fabrikam")}}},
            claims={"recheck": ["7d"]})
        agent = self.start()
        path, _ = self.shop.make_list("a.csv", 2)
        done = self.shop.run("register", "--customer", "contoso", str(path))
        self.assertEqual(done.returncode, PARTLY, done.stderr)
        return agent


class Questions(Case):
    def look(self):
        (claim,) = self.claims()
        self.assertEqual((claim["serial"], claim["customer"], claim["code"], claim["attempts"]),
                         (FOREIGN, "contoso", 808, 1))
        self.assertEqual(claim["name"], "ZtdDeviceAssignedToOtherTenant")
        self.assertIsNone(claim["case"])
        self.assertIsNone(claim["released"])
        self.assertFalse(claim["stopped"])
        self.assertIn("release", claim["advice"])
        self.assertEqual(self.claims("--customer", "fabrikam"), [])
        text = self.ask("claims")
        self.assertIn(FOREIGN, text)
        self.assertIn("ADVICE", text)
        (row,) = csv.DictReader(io.StringIO(self.ask("claims", "--format", "csv")
                                            .removeprefix("\ufeff")))
        self.assertEqual((row["Serial Number"], row["Code"]), (FOREIGN, "808"))
        self.assertEqual(json.loads(self.ask("claims", "--format", "json"))["claims"], [claim])

    def test_with_and_without_an_agent(self):
        agent = self.open_claimed()
        self.look()
        self.stop(agent)
        self.look()

    def test_nothing_yet(self):
        self.open()
        self.assertEqual(self.claims(), [])
        self.ask("claims", "dossier", "NOBODY", code=NOT_FOUND)

    def test_wrong_words(self):
        self.open()
        for words in (["frobnicate", "X"], ["note", "X"], ["stop"], ["stop", "X", "Y"],
                      ["--format", "xml"], ["--format", "csv", "--json"]):
            with self.subTest(words):
                self.ask("claims", *words, code=USAGE)


class Orders(Case):
    def trail(self):
        return self.shop.api("GET", "/v1/trail?limit=200")[1]["events"]

    def test_notes(self):
        agent = self.open_claimed()
        self.ask("claims", "note", FOREIGN, "asked Fabrikam & Söhne, twice")
        self.assertIn("kept", self.ask("claims", "case", FOREIGN.lower(), "2311170040001234"))
        (claim,) = self.claims()
        self.assertEqual((claim["case"], claim["note"]),
                         ("2311170040001234", "asked Fabrikam & Söhne, twice"))
        self.ask("claims", "note", "NOBODY", "x", code=NOT_FOUND)
        self.ask("claims", "note", FOREIGN, "x", "--customer", "fabrikam", code=NOT_FOUND)
        self.ask("claims", "note", FOREIGN, "x" * 2049, code=USAGE)
        self.stop(agent)
        self.ask("claims", "note", FOREIGN, "x", code=NO_DAEMON)

    def test_stop_and_resume(self):
        agent = self.open_claimed()
        self.assertIsNotNone(self.claims()[0]["next"])
        self.ask("claims", "stop", FOREIGN)
        (claim,) = self.claims()
        self.assertEqual((claim["stopped"], claim["next"]), (True, None))
        self.ask("claims", "resume", FOREIGN)
        self.until(lambda: self.claims()[0]["attempts"] == 2, "not asked again")
        self.assertFalse(self.claims()[0]["stopped"])
        self.stop(agent)

    def test_the_trail_says_who(self):
        agent = self.open_claimed()
        for words in (["note", FOREIGN, "x"], ["case", FOREIGN, "7"], ["stop", FOREIGN],
                      ["resume", FOREIGN]):
            self.ask("claims", *words)
        self.ask("pause", "--customer", "contoso")
        self.ask("resume")
        self.ask("retry", "--customer", "contoso")
        me = f"uid {os.getuid()}"
        events = [e for e in self.trail() if e["actor"] == me]
        told = [(e["kind"], e["customer"], e["serial"]) for e in events]
        self.assertEqual([e for e in told if e[0].startswith("claim")], [
            (kind, "contoso", FOREIGN)
            for kind in ("claim_note", "claim_case", "claim_stopped", "claim_resumed")])
        self.assertEqual([e[:2] for e in told if not e[0].startswith("claim")], [
            ("paused", "contoso"), ("resumed", None), ("retried", "contoso")])
        self.stop(agent)

    def test_reload(self):
        self.open()
        agent = self.start()
        self.ask("reload")
        self.until_logged("read again")
        good = self.shop.config.read_text(encoding="utf-8")
        self.shop.config.write_text(good.replace('"retry"', '"retyr"'), encoding="utf-8")
        status, problem = self.shop.api("POST", "/v1/reload")
        self.assertEqual(status, 422, problem)
        self.shop.config.write_text(good, encoding="utf-8")
        me = f"uid {os.getuid()}"
        self.until(lambda: [e["kind"] for e in self.trail() if e["actor"] == me]
                   == ["reloaded", "reload_refused"], "the trail does not tell of it")
        self.stop(agent)


class Dossier(Case):
    def read(self, folder, name):
        path = folder / name
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        return path.read_text(encoding="utf-8")

    def test_what_support_wants(self):
        agent = self.open_claimed()
        self.ask("claims", "case", FOREIGN, "4711")
        out = self.ask("claims", "dossier", FOREIGN.lower(), "-o", str(self.shop.folder))
        folder = pathlib.Path(out.strip())
        self.assertEqual(folder, self.shop.folder / FOREIGN.lower())
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        text = self.read(folder, "dossier.txt")
        document = json.loads(self.read(folder, "dossier.json"))
        row = self.read(folder, "device.csv").split("\n")
        self.assertEqual(row[0], "Device Serial Number,Windows Product ID,Hardware Hash,"
                                 "Manufacturer name,Device model")
        self.assertEqual(document["claim"]["case"], "4711")
        self.assertEqual(document["customer"]["tenant"], Workshop.tenant("contoso"))
        self.assertRegex(document["identity"]["uuid"], UUID)
        self.assertIn("claim_case", [e["kind"] for e in document["timeline"]])
        for told in (FOREIGN, document["identity"]["uuid"], Workshop.tenant("contoso"), "4711",
                     document["claim"]["request_id"], "PDF"):
            self.assertIn(told, text)
        self.stop(agent)

    def test_the_row_is_a_list_again(self):
        agent = self.open_claimed()
        out = self.ask("claims", "dossier", FOREIGN, "-o", str(self.shop.folder))
        checked = self.ask_json("check", str(pathlib.Path(out.strip()) / "device.csv"))
        self.assertEqual((checked["devices"], checked["refused"]), (1, 0))
        self.stop(agent)

    def test_nothing_is_overwritten(self):
        agent = self.open_claimed()
        self.ask("claims", "dossier", FOREIGN, "-o", str(self.shop.folder))
        done = self.shop.run("claims", "dossier", FOREIGN, "-o", str(self.shop.folder))
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("not overwritten", done.stderr)
        self.ask("claims", "dossier", FOREIGN, "-o", str(self.shop.folder / "nowhere"),
                 code=FAILED)
        self.ask("claims", "dossier", "../" + FOREIGN, "-o", str(self.shop.folder),
                 code=NOT_FOUND)
        self.stop(agent)
        again = self.shop.folder / "again"
        again.mkdir()
        self.ask("claims", "dossier", FOREIGN, "-o", str(again))  # without an agent


if __name__ == "__main__":
    unittest.main()
