# SPDX-License-Identifier: Apache-2.0
"""The audit trail: asked for with and without an agent, followed, and followed on from somewhere."""

import csv
import io
import json
import signal
import socket
import subprocess
import unittest

import agent_case
import harness

MEMBERS = ["id", "at", "kind", "actor", "customer", "partner", "list", "serial", "request_id",
           "correlation_id", "message"]
NO_DAEMON, USAGE = 7, 2


class Case(agent_case.Case):
    def ask(self, *words, code=0):
        done = self.shop.run("events", *words)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout

    def events(self, *words):
        return json.loads(self.ask("--json", *words))["events"]

    def kinds(self, *words):
        return [e["kind"] for e in self.events(*words)]

    def follow(self, *words):
        """events --follow, which writes to a file that can be read meanwhile."""
        self.out = self.shop.folder / "followed"
        with open(self.out, "wb") as out:
            follower = subprocess.Popen(
                [harness.PROGRAM, "--config", str(self.shop.config), "events", "--follow", *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=True)
        self.addCleanup(follower.stderr.close)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        return follower

    def followed(self):
        return [json.loads(line) for line in self.out.read_text("utf-8").splitlines()]

    def stream(self, target, header=""):
        """A connection that has asked for server-sent events."""
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.settimeout(agent_case.WAIT_S)
        s.connect(self.shop.settings["control"])
        s.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n{header}\r\n".encode())
        return s.makefile("r", encoding="utf-8", newline="")

    @staticmethod
    def next_trail(stream):
        """The id and the data of the stream's next event of the trail."""
        event = {}
        while True:
            line = stream.readline()
            if not line:
                raise AssertionError("the stream has ended")
            name, _, value = line.rstrip("\r\n").partition(": ")
            if name:
                event[name] = value
            elif event.get("event") == "trail":
                return int(event["id"]), json.loads(event["data"])
            else:
                event = {}


class Questions(Case):
    def look(self):
        """The same from the agent and from the store."""
        events = self.events()
        self.assertEqual([list(e) for e in events], [MEMBERS] * len(events))
        self.assertEqual([e["id"] for e in events], sorted(e["id"] for e in events))
        kinds = [e["kind"] for e in events if e["kind"] in ("list_received", "list_done")]
        self.assertEqual(kinds, ["list_received", "list_done"] * 2)
        done = self.events("--kind", "list_done")
        self.assertEqual([(e["customer"], e["list"], e["message"]) for e in done],
                         [("contoso", "1", "a.csv: registered 2"),
                          ("fabrikam", "2", "b.csv: registered 1")])
        self.assertEqual(self.events("--kind", "list_done", "--customer", "fabrikam"), done[1:])
        self.assertEqual(self.events("--kind", "list_done", "--limit", "1"), done[1:])
        self.assertEqual(self.events("--serial", "NOBODY"), [])
        rows = list(csv.DictReader(io.StringIO(
            self.ask("--kind", "list_done", "--format", "csv").removeprefix("\ufeff"))))
        self.assertEqual([(r["ID"], r["Customer"], r["Message"]) for r in rows],
                         [(str(e["id"]), e["customer"], e["message"]) for e in done])
        lines = self.ask("--customer", "contoso", "--kind", "list_done").splitlines()
        self.assertEqual(lines[0].split(), ["TIME", "KIND", "WHO", "CUSTOMER", "WHAT"])
        self.assertEqual(lines[1].split()[1:],
                         ["list_done", "agent", "contoso", "a.csv:", "registered", "2"])
        self.ask("--kind", "list_don", code=USAGE)

    def test_questions(self):
        self.open()
        agent = self.start()
        self.assertEqual(self.kinds("--kind", "agent_started"), ["agent_started"])
        self.shop.drop("contoso", 2, name="a.csv")
        self.until_reported("contoso", 1)
        self.shop.drop("fabrikam", 1, name="b.csv")
        self.until_reported("fabrikam", 1)
        self.until(lambda: len(self.kinds("--kind", "list_done")) == 2, "it is told after the report")
        self.look()
        self.stop(agent)
        self.look()
        self.assertEqual(self.kinds("--limit", "1"), ["agent_stopped"])
        self.ask("--follow", code=NO_DAEMON)

    def test_a_list_that_ends_again_as_before_is_not_told(self):
        self.open()
        agent = self.start()
        self.shop.drop("contoso", 2, name="a.csv")
        self.until_reported("contoso", 1)
        for _ in range(2):
            self.assertEqual(self.shop.run("retry", "--customer", "contoso").returncode, 0)
        self.stop(agent)
        self.stop(self.start())
        self.assertEqual(self.kinds("--kind", "list_done"), ["list_done"])

    def test_without_a_store(self):
        self.open()
        self.assertEqual(self.events(), [])
        self.ask("--follow", "--json", code=NO_DAEMON)


class Following(Case):
    def test_it_goes_on(self):
        self.open()
        agent = self.start()
        self.shop.drop("contoso", 2, name="a.csv")
        self.until_reported("contoso", 1)
        follower = self.follow("--json", "--kind", "list_done")
        self.until(lambda: len(self.followed()) == 1, "nothing of what has happened")
        self.shop.drop("contoso", 1, name="b.csv")
        self.shop.drop("fabrikam", 1, name="c.csv")
        self.until(lambda: len(self.followed()) == 3, "nothing of what happens")
        self.assertEqual(sorted(e["message"] for e in self.followed()),
                         ["a.csv: registered 2", "b.csv: registered 1", "c.csv: registered 1"])
        self.assertEqual(list(self.followed()[0]), MEMBERS)
        self.stop(agent)
        self.assertEqual(follower.wait(agent_case.WAIT_S), NO_DAEMON)
        self.assertEqual(len(self.followed()), 3)

    def test_a_person_follows(self):
        self.open()
        agent = self.start()
        follower = self.follow()
        self.until(lambda: "agent_started" in self.out.read_text(), "no beginning")
        self.shop.drop("contoso", 2, name="a.csv")
        self.until(lambda: "a.csv: registered 2" in self.out.read_text(), "no list")
        follower.send_signal(signal.SIGINT)
        self.assertNotEqual(follower.wait(agent_case.WAIT_S), 0)
        self.stop(agent)
        lines = self.out.read_text().splitlines()
        self.assertEqual(lines[0].split(), ["TIME", "KIND", "WHO", "CUSTOMER", "WHAT"])
        self.assertEqual(sum("TIME" in line for line in lines), 1)

    def test_a_stream_is_taken_up_where_it_was(self):
        self.open()
        agent = self.start()
        for n in range(3):
            self.shop.drop("contoso", 1, name=f"{n}.csv")
            self.until_reported("contoso", n + 1)
        known = self.events()
        stream = self.stream("/v1/events?after=0")
        seen = [self.next_trail(stream) for _ in known]
        self.assertEqual([data for _, data in seen], known)
        self.assertEqual([number for number, _ in seen], [e["id"] for e in known])
        stream.close()
        middle = known[2]["id"]
        for again in (self.stream("/v1/events", f"Last-Event-ID: {middle}\r\n"),
                      self.stream(f"/v1/events?after={middle}")):
            self.assertEqual(self.next_trail(again)[1], known[3])
            again.close()
        fresh = self.stream("/v1/events")
        self.assertTrue(fresh.readline().startswith("HTTP/1"))
        while not fresh.readline().startswith("event: states"):
            pass
        self.shop.drop("contoso", 1, name="new.csv")
        self.assertGreater(self.next_trail(fresh)[0], known[-1]["id"])
        fresh.close()
        wrong = self.stream("/v1/events?after=never")
        self.assertIn(" 400 ", wrong.readline())
        wrong.close()
        self.stop(agent)

    def test_whoever_does_not_read_costs_nothing(self):
        self.open()
        agent = self.start()
        deaf = [self.stream("/v1/events?after=0") for _ in range(5)]
        for n in range(3):
            self.shop.drop("contoso", 1, name=f"{n}.csv")
            self.until_reported("contoso", n + 1)
        self.assertEqual(self.kinds("--kind", "list_done"), ["list_done"] * 3)
        self.stop(agent)
        for stream in deaf:
            stream.close()


if __name__ == "__main__":
    unittest.main()
