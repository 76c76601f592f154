# SPDX-License-Identifier: Apache-2.0
"""What is given away to those who help: all that they need, and nothing that is nobody's business."""

import io
import json
import os
import pty
import stat
import tarfile
import unittest

import harness
from agent_case import Case
from workshop import TENANTS

DONE, FAILED, INTERRUPTED = 0, 1, 130
MEMBERS = ["about.txt", "config.yaml", "status.json", "lists.json", "events.json", "metrics.txt",
           "store.json", "doctor.json", "files.txt", "journal.txt"]


class Bundle(Case):
    def bundle(self, *more):
        path = self.shop.folder / "bundle.tar"
        done = self.shop.run("support-bundle", "-o", str(path), *more)
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        with tarfile.open(path) as tar:
            members = {m.name.removeprefix("autoreg-support/"): tar.extractfile(m).read().decode()
                       for m in tar.getmembers()}
        self.assertEqual(list(members), MEMBERS)
        for name in MEMBERS:
            self.assertIn(name, done.stdout)
        return members, path

    def work(self):
        """A day in which everything happened that could leave a trace."""
        self.open({"customers": {"contoso": {"tenant": TENANTS["contoso"],
                                             "foreign": ["TEST00000001"]},
                                 "fabrikam": {"tenant": TENANTS["fabrikam"],
                                              "relationship": "none"}},
                   "apps": [{"tenant": "11111111-1111-4111-8111-111111111111",
                             "client_id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
                             "secret": "s3cret-of-the-app", "refresh_tokens": ["seed-of-all"]}]})
        for name, text in (("secret", "s3cret-of-the-app"), ("seed", "seed-of-all")):
            (self.shop.folder / name).write_text(text + "\n", encoding="ascii")
        self.serials = self.shop.drop("contoso", devices=3)
        self.serials += self.shop.drop("fabrikam", devices=2, name="held.csv")
        self.lists = [p.read_text(encoding="utf-8", errors="replace")
                      for p in self.shop.spool.glob("*/*.csv")]
        agent = self.start()
        self.until_reported("contoso", 1)
        self.shop.run("claims", "note", self.serials[1], f"the customer has {self.serials[1]}")
        self.shop.run("retry", "--serial", self.serials[1])
        return agent

    def secrets(self):
        hashes = [cell for text in self.lists for cell in text.replace("\r", "").replace("\n", ",")
                  .split(",") if len(cell) > 200]
        self.assertEqual(len(hashes), len(self.serials))
        seal = (self.shop.state / "seal.key").read_bytes()
        tokens = [t["token"] for t in self.sim.books().get("tokens", []) if "token" in t]
        return ["s3cret-of-the-app", "seed-of-all", *self.serials, *hashes,
                *(h[40:100] for h in hashes), *tokens, seal.hex(), "eyJ", "Bearer "]

    def test_nothing_is_given_away(self):
        agent = self.work()
        for running in (True, False):
            with self.subTest(running=running):
                if not running:
                    self.stop(agent)
                members, path = self.bundle()
                whole = path.read_bytes()
                for secret in self.secrets():
                    self.assertNotIn(secret.encode(), whole, secret)
                self.assertNotIn((self.shop.state / "seal.key").read_bytes(), whole)
                kinds = {e["kind"] for e in json.loads(members["events.json"])["events"]}
                self.assertLessEqual({"claim_note", "retried", "list_received"}, kinds)
                path.unlink()
        self.assertEqual(self.sim.violations(), [])

    def test_what_is_needed_is_there(self):
        self.work()
        members, _ = self.bundle()
        self.assertIn("autoreg ", members["about.txt"])
        self.assertIn("libcurl", members["about.txt"])
        self.assertIn("northwind", members["config.yaml"])
        self.assertIn("contoso", members["status.json"])
        self.assertIn("held.csv", members["lists.json"])
        self.assertIn("autoreg_devices", members["metrics.txt"])
        self.assertEqual(json.loads(members["store.json"])["quick_check"], "ok")
        self.assertIn("clock", {c["name"] for c in json.loads(members["doctor.json"])["checks"]})
        self.assertIn("seal.key", members["files.txt"])

    def test_without_agent_and_store(self):
        self.open()
        members, _ = self.bundle()
        self.assertIn("no agent answers", members["metrics.txt"])
        self.assertEqual(json.loads(members["lists.json"])["lists"], [])
        self.assertFalse(self.shop.state.exists())

    def test_what_is_there_stays(self):
        self.open()
        path = self.shop.folder / "mine"
        path.write_text("mine", encoding="ascii")
        done = self.shop.run("support-bundle", "-o", str(path), "--json")
        self.assertEqual(done.returncode, FAILED)
        self.assertEqual(json.loads(done.stdout)["error"]["code"], "exists")
        self.assertEqual(path.read_text(encoding="ascii"), "mine")

    def test_only_shows(self):
        self.open()
        before = sorted(self.shop.folder.iterdir())
        done = self.shop.run("support-bundle", "--dry-run", "--json", cwd=self.shop.folder)
        self.assertEqual(done.returncode, DONE, done.stderr)
        shown = json.loads(done.stdout)
        self.assertIsNone(shown["file"])
        self.assertEqual([m["name"] for m in shown["members"]], MEMBERS)
        self.assertEqual(sorted(self.shop.folder.iterdir()), before)

    def ask(self, answer):
        """Its exit status on a terminal, where somebody answers."""
        path = self.shop.folder / "asked.tar"
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(harness.PROGRAM, [harness.PROGRAM, "--config", str(self.shop.config),
                                       "support-bundle", "-o", str(path)])
        said = b""
        with io.FileIO(terminal, "r+") as f:
            while b"[y/N]" not in said:
                said += f.read(1024)
            f.write(answer)
            try:
                while f.read(1024):
                    pass
            except OSError:
                pass  # it has ended
        self.assertIn(b"journal.txt", said)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), path

    @harness.on_a_terminal
    def test_asks(self):
        self.open()
        code, path = self.ask(b"n\n")
        self.assertEqual((code, path.exists()), (INTERRUPTED, False))
        code, path = self.ask(b"y\n")
        self.assertEqual((code, path.exists()), (DONE, True))


if __name__ == "__main__":
    unittest.main()
