# SPDX-License-Identifier: Apache-2.0
"""autoreg run: lists come by the spool, and reports go back beside them."""

import json
import os
import shutil
import signal
import stat
import time
import unittest

from agent_case import Case
from workshop import TAG, Workshop

TEMPORARY = 5
LOOK_S = 60  # from one look at the spool to the next
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)
GRACE_S = 5  # that requests in flight are given when the agent is told to stop


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class SpoolCase(Case):
    def folder(self, customer="contoso"):
        return self.shop.spool / customer

    def waiting(self, customer="contoso"):
        """The names of the files that were not taken."""
        return sorted(p.name for p in self.folder(customer).iterdir() if not p.is_dir())

    def taken(self):
        """The ids of the lists that were ever begun and not forgotten."""
        return sorted(int(p.name) for p in (self.shop.state / "lists").iterdir())


class Files(SpoolCase):
    def test_moved_in_and_closed(self):
        self.open()
        agent = self.start()
        serials = self.shop.drop("contoso", 3, "moved.csv")
        path, more = self.shop.make_list("made", 3)
        (self.folder() / "written.csv").write_bytes(path.read_bytes())
        self.until_reported("contoso", 2)
        self.assert_once(serials + more)
        self.assert_told(serials + more)
        self.assertEqual(self.waiting(), [])
        self.stop(agent)

    def test_still_being_written(self):
        """Left alone while somebody has it open, whether it was there before the agent or not."""
        self.open()
        path, serials = self.shop.make_list("made", 40)
        content = path.read_bytes()
        self.folder().mkdir(parents=True)
        half = len(content) // 2
        with open(self.folder() / "before.csv", "wb", buffering=0) as before:
            before.write(content[:half])
            agent = self.start()
            other, more = self.shop.make_list("other", 40)
            with open(self.folder() / "after.csv", "wb", buffering=0) as after:
                after.write(other.read_bytes()[:half])
                whole = self.shop.drop("contoso", 2, "whole.csv")
                self.until_reported("contoso", 1)
                self.assertEqual(self.waiting(), ["after.csv", "before.csv"])
                after.write(other.read_bytes()[half:])
            self.until_reported("contoso", 2)
            self.assertEqual(self.waiting(), ["before.csv"])
            before.write(content[half:])
        self.until_reported("contoso", 3)
        self.assert_told(serials + more + whole)
        self.stop(agent)

    def test_names_of_unfinished_copies(self):
        self.open()
        self.folder().mkdir(parents=True)
        path, serials = self.shop.make_list("made", 2)
        names = [".hidden.csv", "a.csv.PART", "a.csv.crdownload", "a.csv.filepart",
                 "a.csv.partial", "a.csv.swp", "a.csv.tmp", "a.csv~"]
        for name in names[::2]:
            shutil.copy(path, self.folder() / name)
        agent = self.start()
        for name in names[1::2]:
            shutil.copy(path, self.folder() / name)
        whole = self.shop.drop("contoso", 2, "whole.csv")
        self.until_reported("contoso", 1)
        self.assertEqual(self.waiting(), names)
        (self.folder() / "a.csv.PART").rename(self.folder() / "a.csv")
        self.until_reported("contoso", 2)
        self.assertEqual(self.waiting(), [n for n in names if n != "a.csv.PART"])
        self.assert_told(serials + whole)
        self.stop(agent)

    def test_what_is_no_file(self):
        self.open()
        self.folder().mkdir(parents=True)
        path, _ = self.shop.make_list("elsewhere", 2)
        os.mkfifo(self.folder() / "pipe.csv")
        (self.folder() / "link.csv").symlink_to(path)
        (self.folder() / "folder.csv").mkdir()
        shutil.copy(path, self.folder() / "folder.csv" / "inner.csv")
        agent = self.start()
        serials = self.shop.drop("contoso", 2, "whole.csv")
        self.until_reported("contoso", 1)
        self.assertEqual(self.waiting(), ["link.csv", "pipe.csv"])
        self.assertTrue((self.folder() / "folder.csv" / "inner.csv").is_file())
        self.assert_once(serials)
        self.stop(agent)

    def test_difficult_names(self):
        self.open()
        names = ["-rf.csv", "a b;c\"d.csv", "LISTE.TXT", "Gerät №5.csv", "new\nline.csv",
                 "no extension", "x" * 190 + ".csv"]
        serials = [s for n in names for s in self.shop.drop("contoso", 2, n)]
        agent = self.start()
        self.until_reported("contoso", len(names))
        self.assert_told(serials)
        self.assertEqual(self.waiting(), [])
        self.stop(agent)

    def test_a_name_given_twice(self):
        self.open()
        agent = self.start()
        serials = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        serials += self.shop.drop("contoso", 2)
        self.until_reported("contoso", 2)
        self.assert_told(serials)
        self.assertEqual([p.name for p in self.shop.reports("contoso", ".report.csv")],
                         ["list.csv.1.report.csv", "list.csv.2.report.csv"])
        self.stop(agent)

    def test_three_hundred_at_once(self):
        self.open()
        serials = [s for n in range(150) for s in self.shop.drop("contoso", 2, f"{n}.csv")]
        agent = self.start()
        serials += [s for n in range(150) for s in self.shop.drop("contoso", 2, f"more{n}.csv")]
        self.until_reported("contoso", 300)
        self.assert_once(serials)
        self.assert_told(serials)
        self.assertEqual(self.waiting(), [])
        self.stop(agent)


class Folders(SpoolCase):
    def test_of_each_customer(self):
        self.open()
        agent = self.start()
        serials = {c: self.shop.drop(c, 3) for c in ("contoso", "fabrikam")}
        for customer, expected in serials.items():
            self.until_reported(customer, 1)
            self.assert_once(expected, customer)
            self.assert_told(expected, customer)
        self.stop(agent)

    def test_of_nobody(self):
        """Reported once and left alone, whether it was there before the agent or not."""
        self.open()
        self.shop.drop("stranger", 2)
        agent = self.start()
        self.until_logged("folder=stranger")
        self.shop.drop("foreigner", 2)
        self.until_logged("folder=foreigner")
        self.shop.drop("foreigner", 2, "second.csv")
        self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.assertEqual(self.waiting("stranger"), ["list.csv"])
        self.assertEqual(self.waiting("foreigner"), ["list.csv", "second.csv"])
        self.assertEqual(self.shop.log().count("folder=foreigner"), 1)
        self.stop(agent)

    def test_taken_away_and_made_again(self):
        self.open()
        agent = self.start()
        serials = self.shop.drop("contoso", 2, "a.csv")
        self.until_reported("contoso", 1)
        shutil.rmtree(self.folder())
        serials += self.shop.drop("contoso", 2, "b.csv")
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.stop(agent)


class WhatComesBack(SpoolCase):
    def test_reports_and_rejects(self):
        self.open()
        path, serials = self.shop.make_list("made", 4)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        lines[2] = lines[2][:600] + "\r\n"
        path.write_text("".join(lines), encoding="utf-8")
        self.folder().mkdir(parents=True)
        path.rename(self.folder() / "a.csv")
        agent = self.start()
        self.until_reported("contoso", 1)
        self.stop(agent)
        names = ["report.csv", "report.json", "rejects.csv"]
        self.assertEqual(sorted(p.name for p in (self.folder() / "reports").iterdir()),
                         sorted(f"a.csv.1.{n}" for n in names))
        kept = self.shop.state / "lists" / "1"
        self.assertEqual(sorted(p.name for p in kept.iterdir()),
                         sorted(["a.csv", *(f"a.csv.{n}" for n in names)]))
        for name in names:
            self.assertEqual((self.folder() / "reports" / f"a.csv.1.{name}").read_bytes(),
                             (kept / f"a.csv.{name}").read_bytes())
        self.assertEqual([(r["Line"], r["State"]) for r in self.rows("contoso")],
                         [("2", "registered"), ("3", "refused"), ("4", "registered"),
                          ("5", "registered")])
        rejects = (kept / "a.csv.rejects.csv").read_text(encoding="utf-8-sig")
        self.assertIn(serials[1], rejects)
        self.assertNotIn(serials[0], rejects)
        with open(kept / "a.csv.report.json", encoding="utf-8") as f:
            self.assertIsInstance(json.load(f), dict)

    def test_no_list(self):
        self.open()
        self.folder().mkdir(parents=True)
        agent = self.start()
        (self.folder() / "photo.csv").write_bytes(PICTURE)
        rejected = self.folder() / "rejected"
        self.until((rejected / "photo.csv").is_file, "it is not rejected")
        self.assertEqual((rejected / "photo.csv").read_bytes(), PICTURE)
        self.assertIn("not-a-list", (rejected / "photo.csv.error.txt").read_text(encoding="utf-8"))
        self.assertEqual(self.waiting(), [])
        serials = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.assertEqual(len(self.taken()), 1)
        self.assert_once(serials)
        self.stop(agent)

    def test_nothing_is_taken_in_again(self):
        """Whatever the agent has written, or will write over, is nothing to it after a restart."""
        self.open()
        self.folder().mkdir(parents=True)
        (self.folder() / "photo.csv").write_bytes(PICTURE)
        serials = self.shop.drop("contoso", 2)
        agent = self.start()
        self.until_reported("contoso", 1)
        self.until((self.folder() / "rejected" / "photo.csv").is_file, "it is not rejected")
        self.stop(agent)
        lists = self.taken()
        before = sorted(self.shop.spool.rglob("*"))
        agent = self.start()
        (self.folder() / "photo.csv").write_bytes(PICTURE)
        self.until(lambda: not self.waiting(), "it is not rejected again")
        more = self.shop.drop("fabrikam", 2)
        self.until_reported("fabrikam", 1)
        self.stop(agent)
        self.assertEqual(len(self.taken()), len(lists) + 1)
        again = {self.folder() / "rejected" / name for name in
                 ("photo.csv.2", "photo.csv.2.error.txt")}
        self.assertEqual({p for p in self.shop.spool.rglob("*") if "fabrikam" not in p.parts},
                         {p for p in before if "fabrikam" not in p.parts} | again)
        self.assert_once(serials)
        self.assert_once(more, "fabrikam")

    def test_a_list_that_cannot_be_taken(self):
        """It stays where it is, and does not have to wait for the spool's next look."""
        self.open()
        lists = self.shop.state / "lists"
        self.shop.state.mkdir(0o700)
        lists.touch()
        agent = self.start()
        serials = self.shop.drop("contoso", 2)
        self.until_logged("list not taken in")
        self.assertEqual(self.waiting(), ["list.csv"])
        lists.unlink()
        begun = time.monotonic()
        self.until_reported("contoso", 1)
        self.assertLess(time.monotonic() - begun, LOOK_S / 2)
        self.assert_once(serials)
        self.stop(agent)

    def test_a_device_of_two_customers(self):
        """Nobody registers it until a person has said whose it is; both are told."""
        self.open()
        agent = self.start()
        self.assertEqual(self.shop.run("pause", "--customer", "contoso").returncode, 0)
        path, serials = self.shop.make_list("made", 2)
        same = path.read_bytes()
        self.folder("contoso").joinpath("a.csv").write_bytes(same)
        self.until_reported("contoso", 1)
        self.assertEqual({r["Code"] for r in self.rows("contoso")}, {"paused"})
        self.folder("fabrikam").joinpath("b.csv").write_bytes(same)
        self.until_reported("fabrikam", 1)
        for customer, other in (("contoso", "fabrikam"), ("fabrikam", "contoso")):
            self.until(lambda c=customer: {r["Code"] for r in self.rows(c)} == {"conflict"},
                       f"{customer} is not told")
            for row in self.rows(customer):
                self.assertEqual(row["State"], "held")
                self.assertIn(f"{other} has this device as well", row["Message"])
        done = self.shop.run("retry", "--customer", "fabrikam")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.until(lambda: {r["State"] for r in self.rows("fabrikam")} == {"registered"},
                   "they do not go")
        self.assert_once(serials, "fabrikam")
        self.assertEqual(self.books("contoso"), {})
        self.stop(agent)

    def test_layout_and_modes(self):
        """Whatever the umask: the state is its owner's alone, the spool also its group's."""
        for mask in (0o000, 0o077):
            with self.subTest(umask=oct(mask)):
                self.open()
                old = os.umask(mask)
                try:
                    agent = self.start()
                finally:
                    os.umask(old)
                self.folder("fabrikam").joinpath("photo.csv").write_bytes(PICTURE)
                path, _ = self.shop.make_list("made", 2)
                path.write_bytes(path.read_bytes() + b"DAMAGED,,T0Fz\r\n")
                path.rename(self.folder() / "list.csv")
                self.until_reported("contoso", 1)
                self.until(lambda: not self.waiting("fabrikam"), "it is not rejected")
                for p in (self.shop.state, *self.shop.state.rglob("*")):
                    self.assertEqual(mode(p), 0o700 if p.is_dir() else 0o600, p)
                for p in (self.shop.spool, *self.shop.spool.rglob("*")):
                    self.assertEqual(mode(p), 0o750 if p.is_dir() else 0o640, p)
                self.stop(agent)


class Fair(SpoolCase):
    def test_a_giant_and_a_dwarf(self):
        self.open({"jobs": {"time": "400ms"}}, batch={"in_flight": 5})
        agent = self.start()
        giant = self.shop.drop("contoso", 20_000)
        self.until(self.books, "the giant's devices are not sent")
        dwarf = self.shop.drop("fabrikam", 10)
        self.until_reported("fabrikam", 1)
        self.assert_told(dwarf, "fabrikam")
        done = sum(d["registered"] for d in self.books().values())
        self.assertLess(done, len(giant) / 2)
        self.assertEqual(self.shop.reports("contoso", ".report.json"), [])
        self.until_reported("contoso", 1)
        self.assert_once(giant)
        self.assert_told(giant)
        self.stop(agent)


class Life(SpoolCase):
    def test_files_wait_for_a_restart(self):
        self.open()
        agent = self.start()
        serials = self.shop.drop("contoso", 2, "a.csv")
        self.until_reported("contoso", 1)
        self.stop(agent)
        for n in range(5):
            serials += self.shop.drop("contoso", 2, f"{n}.csv")
        agent = self.start()
        self.until_reported("contoso", 6)
        self.assert_once(serials)
        self.assert_told(serials)
        self.stop(agent)

    def test_killed_while_a_job_runs(self):
        self.open({"jobs": {"time": "300ms"}})
        serials = self.shop.drop("contoso", 5)
        agent = self.start()
        self.until_asked("status")
        agent.kill()
        agent.wait()
        agent = self.start()
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.assert_told(serials)
        self.stop(agent)

    def hanging(self):
        """An agent whose upload has taken effect and is never answered, and its list."""
        self.open({"faults": [{"on": "create", "nth": 1, "then": {"hang": "after"}}]})
        serials = self.shop.drop("contoso", 3)
        agent = self.start()
        self.until(self.books, "nothing is sent")
        return agent, serials

    def finish(self, serials):
        """What was cut off is asked about, and not sent again."""
        agent = self.start()
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.assert_told(serials)
        self.assertEqual({d["submitted"] for d in self.books().values()}, {1})
        self.stop(agent)

    def test_stop_cuts_what_is_in_flight(self):
        agent, serials = self.hanging()
        self.stop(agent)
        self.finish(serials)

    def test_second_signal(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGINT)):
            with self.subTest(first):
                agent, serials = self.hanging()
                begun = time.monotonic()
                agent.send_signal(first)
                time.sleep(0.2)  # two that wait at once are one
                agent.send_signal(second)
                self.stop(agent)
                self.assertLess(time.monotonic() - begun, GRACE_S - 1)
                self.finish(serials)

    def test_one_agent_only(self):
        self.open()
        agent = self.start()
        second = self.shop.run("run")
        self.assertEqual(second.returncode, TEMPORARY, second.stderr)
        self.assertIn(str(agent.pid), second.stderr)
        serials = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.stop(agent)


class Reload(SpoolCase):
    def setUp(self):
        self.open(customers={"contoso": Workshop.customer("contoso")})
        self.agent = self.start()

    def reload(self, words):
        before = self.shop.log().count(words)
        self.agent.send_signal(signal.SIGHUP)
        self.until_logged(words, before + 1)

    def test_good(self):
        """Another customer, and another tag for the first, come into force."""
        first = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.shop.drop("fabrikam", 2, "early.csv")
        self.until_logged("folder=fabrikam")
        self.shop.settings["customers"] = {
            "contoso": Workshop.customer("contoso", group_tag="Other"),
            "fabrikam": Workshop.customer("fabrikam")}
        self.shop.write_config()
        self.reload("the configuration was read again")
        self.until_reported("fabrikam", 1)
        second = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 2)
        self.assert_once(first + second)
        batches = self.sim.customer(self.shop.tenant("contoso"))["batches"]
        self.assertEqual({b["name"] for b in batches}, {TAG, "Other"})
        self.stop(self.agent)

    def test_broken(self):
        """The old one stays in force, with what it says and what it does not say."""
        good = json.loads(json.dumps(self.shop.settings))
        broken = json.loads(json.dumps(good))
        broken["customers"]["fabrikam"] = Workshop.customer("fabrikam")
        broken["customers"]["contoso"]["group_tag"] = "Other"
        broken["retyr"] = {}
        for text in (json.dumps(broken), "{", ""):
            self.shop.config.write_text(text, encoding="utf-8")
            self.reload("the old configuration stays in force")
        self.assertIn("retyr", self.shop.log())
        (self.shop.spool / "fabrikam").mkdir()
        self.until_logged("folder=fabrikam")
        serials = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        (batch,) = self.sim.customer(self.shop.tenant("contoso"))["batches"]
        self.assertEqual(batch["name"], TAG)
        self.stop(self.agent)

    def test_what_cannot_change(self):
        self.shop.settings["state"] = str(self.shop.folder / "elsewhere")
        self.shop.write_config()
        self.reload('"\\"state\\" cannot change while the agent runs')
        self.assertFalse((self.shop.folder / "elsewhere").exists())
        serials = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.stop(self.agent)

    def test_while_working(self):
        """As often as it likes, with jobs under way and lists coming in."""
        serials = []
        for n in range(8):
            serials += self.shop.drop("contoso", 30, f"{n}.csv")
            self.reload("the configuration was read again")
        self.until_reported("contoso", 8)
        self.assert_once(serials)
        self.assert_told(serials)
        self.stop(self.agent)


if __name__ == "__main__":
    unittest.main()
