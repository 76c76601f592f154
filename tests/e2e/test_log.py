# SPDX-License-Identifier: Apache-2.0
"""The log of the real program: its forms, and readers that do not read."""

import http.client
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

import agent_case
import harness

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOG_PAGES = os.environ["LOG_PAGES"]
LINE = re.compile(r'^ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z level=(?P<level>\w+)'
                  r'(?: event=(?P<event>[a-z-]+))? msg=(?P<rest>.*)$')
PAIR = re.compile(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|[^ "=]*)')


def fields_of(line):
    """A line of logfmt, or None."""
    if not LINE.match(line):
        return None
    return {name: value.strip('"') for name, value in PAIR.findall(line)}


class Files(unittest.TestCase):
    """What is written about the log is what the tables say."""

    def made(self, what):
        return subprocess.run([LOG_PAGES, what], capture_output=True, check=True).stdout.decode()

    def test_are_as_they_should_be(self):
        for what, path in (("catalog", "packaging/systemd/autoreg.catalog"), ("page", "docs/log.md")):
            with self.subTest(path):
                self.assertEqual((ROOT / path).read_text(encoding="utf-8"), self.made(what),
                                 f"make it anew: {LOG_PAGES} {what} > {path}")

    def test_fields_are_those_of_the_calls(self):
        """What each event may tell is what the agent tells of it somewhere."""
        told = {}
        for path in (ROOT / "agent").rglob("*.c"):
            for call in re.split(r"\blog_event\(", path.read_text(encoding="utf-8"))[1:]:
                call = call[:call.index(";\n")]
                event = re.match(r"LOG_(\w+)", call)[1].lower().replace("_", "-")
                keys = re.findall(r"LOG_(?:TEXT|NUMBER)\((\w+),", call)
                told.setdefault(event, set()).update(key.lower() for key in keys)
        told["lines-lost"] = {"lost"}
        page = re.split(r"^### ", self.made("page").split("\n## Fields")[0], flags=re.M)[1:]
        written = {}
        for part in page:
            line = re.search(r"^Fields: (.*)$", part, re.M)
            written[part.split("\n")[0]] = set(re.findall(r"`(\w+)`", line[1])) if line else set()
        self.maxDiff = None
        self.assertEqual(written, told)

    def test_journalctl_takes_the_catalog(self):
        journalctl = shutil.which("journalctl")
        if not journalctl:
            self.skipTest("no journalctl")
        with tempfile.TemporaryDirectory() as root:
            folder = pathlib.Path(root, "usr/lib/systemd/catalog")
            folder.mkdir(parents=True)
            pathlib.Path(root, "var/lib/systemd/catalog").mkdir(parents=True)
            shutil.copy(ROOT / "packaging/systemd/autoreg.catalog", folder)
            done = subprocess.run([journalctl, f"--root={root}", "--update-catalog"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            shown = subprocess.run([journalctl, f"--root={root}", "--list-catalog"],
                                   capture_output=True, text=True, check=False)
        self.assertEqual(len(shown.stdout.splitlines()), self.made("catalog").count("\n-- "))
        self.assertIn("autoreg: list taken in", shown.stdout)


class LogCase(agent_case.Case):
    def agent(self, stderr, *arguments, **environment):
        agent = subprocess.Popen(
            [harness.PROGRAM, "--config", str(self.shop.config), "run", *arguments],
            stdin=subprocess.DEVNULL, stderr=stderr, env={**os.environ, **environment})
        self.addCleanup(self.end, agent)
        return agent

    @staticmethod
    def end(agent):
        if agent.poll() is None:
            agent.kill()
        agent.wait()

    def stop_it(self, agent):
        agent.send_signal(signal.SIGTERM)
        self.assertEqual(agent.wait(agent_case.WAIT_S), 0)

    def serve(self, **sections):
        self.port = agent_case.free_port()
        self.open(listen=f"127.0.0.1:{self.port}", **sections)

    def healthy(self):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=agent_case.WAIT_S)
        try:
            link.request("GET", "/healthz")
            return link.getresponse().status == 200
        except ConnectionRefusedError:
            return False
        finally:
            link.close()


class Forms(LogCase):
    def test_logfmt(self):
        """Without a terminal each line is logfmt, and info is part of it."""
        self.serve()
        agent = self.start()
        self.shop.drop("contoso", 3, name='a "b"\nlevel=error.csv')
        self.until_logged("event=list-done")
        self.stop(agent)
        lines = [fields_of(line) for line in self.shop.log().splitlines()]
        self.assertNotIn(None, lines)
        by_event = {line["event"]: line for line in lines}
        self.assertEqual(by_event["list-taken-in"]["customer"], "contoso")
        self.assertEqual(by_event["list-taken-in"]["devices"], "3")
        self.assertEqual(by_event["list-taken-in"]["file"], 'a \\"b\\"\\nlevel=error.csv')
        self.assertEqual([lines[0]["event"], lines[-1]["event"]], ["ready", "stopping"])

    def test_quiet(self):
        self.serve()
        with tempfile.TemporaryFile() as log:
            agent = self.agent(log, "-q")
            self.until(self.healthy, "the agent is not there")
            self.stop_it(agent)
            log.seek(0)
            self.assertEqual(log.read(), b"")

    @harness.on_a_terminal
    def test_terminal(self):
        """Short and coloured for people; NO_COLOR is respected."""
        self.serve()
        for environment, want in (({"TERM": "xterm"}, b"\x1b[1minfo:\x1b[0m ready\r\n"),
                                  ({"TERM": "xterm", "NO_COLOR": "1"}, b"info: ready\r\n")):
            with self.subTest(environment):
                ours, theirs = pty.openpty()
                agent = self.agent(theirs, **environment)
                os.close(theirs)
                got = b""
                while b"ready" not in got or not got.endswith(b"\n"):
                    got += os.read(ours, 1024)
                self.assertEqual(got, want)
                self.stop_it(agent)
                os.close(ours)

    def test_commands_are_short(self):
        """A command says what a person reads, also into a file."""
        self.open({"faults": [{"on": "create", "nth": 1, "then": {"throttle": 1}}]})
        path, _ = self.shop.make_list("a.csv", 2)
        done = self.shop.run("register", "--customer", "contoso", str(path))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"(?m)^warning: batch delayed batch_id=1 customer=contoso "
                                      r"outcome=throttled http_status=429 ")


class Readers(LogCase):
    """Whoever does not read does not hold the agent."""

    def agent_with_full_pipe(self):
        """The end to read from, the agent, and how much is in the pipe before it says anything."""
        reader, writer = os.pipe()
        filled = 0
        os.set_blocking(writer, False)
        with self.assertRaises(BlockingIOError):
            while True:
                filled += os.write(writer, b"x" * 4096)
        os.set_blocking(writer, True)
        agent = self.agent(writer)
        os.close(writer)
        return reader, agent, filled

    @staticmethod
    def read_all(reader):
        with os.fdopen(reader, "rb") as pipe:
            return pipe.read()

    def work_through(self, agent):
        self.until(self.healthy, "the agent does not answer")
        self.shop.drop("contoso", 5)
        self.until_reported("contoso", 1)
        self.assertTrue(self.healthy())
        self.stop_it(agent)

    def test_a_full_pipe(self):
        self.serve()
        reader, agent, filled = self.agent_with_full_pipe()
        self.work_through(agent)
        self.assertEqual(len(self.read_all(reader)), filled)

    def test_lost_lines_are_told(self):
        """When the pipe flows again."""
        self.serve()
        reader, agent, filled = self.agent_with_full_pipe()
        self.until(self.healthy, "the agent does not answer")
        self.shop.drop("contoso", 1)
        self.until_reported("contoso", 1)
        while filled > 0:
            filled -= len(os.read(reader, filled))
        self.stop_it(agent)
        got = self.read_all(reader)
        lines = [fields_of(line) for line in got.decode().splitlines()]
        events = [line["event"] for line in lines]
        self.assertEqual((events[0], events.count("lines-lost")), ("lines-lost", 1))
        self.assertIn("stopping", events)
        self.assertGreaterEqual(int(lines[0]["lost"]), 3)

    def test_a_reader_that_went_away(self):
        self.serve()
        reader, writer = os.pipe()
        os.close(reader)
        agent = self.agent(writer)
        os.close(writer)
        self.work_through(agent)

    @harness.on_a_terminal
    def test_a_stopped_terminal(self):
        self.serve()
        ours, theirs = pty.openpty()
        agent = self.agent(theirs)
        os.close(theirs)
        os.write(ours, b"\x13")
        self.work_through(agent)
        os.close(ours)


class Journal(LogCase):
    """A journal of the test's own, in a namespace where it stands in for the machine's."""

    def setUp(self):
        if os.getuid() != 0 or not shutil.which("unshare"):
            self.skipTest("not root, or no unshare: no journal can be put in place")
        probe = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest("no mount namespaces here")
        self.serve()
        self.folder = self.shop.folder / "systemd"
        (self.folder / "journal").mkdir(parents=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(str(self.folder / "journal" / "socket"))

    def start_agent(self, stderr, right=True):
        st = os.fstat(stderr)
        stream = f"{st.st_dev}:{st.st_ino + (0 if right else 1)}"
        script = ('mkdir -p /run/systemd && mount --bind "$0" /run/systemd && exec "$@"')
        agent = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", script, str(self.folder), harness.PROGRAM, "--config",
             str(self.shop.config), "run"],
            stdin=subprocess.DEVNULL, stderr=stderr,
            env={**os.environ, "JOURNAL_STREAM": stream})
        self.addCleanup(self.end, agent)
        return agent

    def receive(self):
        """The fields of one record."""
        self.socket.settimeout(agent_case.WAIT_S)
        data = self.socket.recv(65536)
        fields = {}
        while data:
            name, data = data.split(b"\n", 1)
            (size,) = struct.unpack("<Q", data[:8])
            fields[name.decode()] = data[8:8 + size].decode()
            self.assertEqual(data[8 + size:9 + size], b"\n")
            data = data[9 + size:]
        return fields

    def test_fields(self):
        with tempfile.TemporaryFile() as log:
            agent = self.start_agent(log.fileno())
            ready = self.receive()
            self.assertEqual({k: ready[k] for k in ("MESSAGE", "PRIORITY", "AUTOREG_EVENT",
                                                    "SYSLOG_IDENTIFIER")},
                             {"MESSAGE": "ready", "PRIORITY": "6", "AUTOREG_EVENT": "ready",
                              "SYSLOG_IDENTIFIER": "autoreg"})
            self.shop.drop("contoso", 2, name="a\nb.csv")
            taken = self.receive()
            while taken["AUTOREG_EVENT"] != "list-taken-in":
                taken = self.receive()
            self.assertEqual(taken["AUTOREG_FILE"], "a\nb.csv")
            self.assertEqual(taken["AUTOREG_CUSTOMER"], "contoso")
            self.assertRegex(taken["MESSAGE_ID"], "^[0-9a-f]{32}$")
            catalog = (ROOT / "packaging/systemd/autoreg.catalog").read_text(encoding="utf-8")
            self.assertIn(f"-- {taken['MESSAGE_ID']}\nSubject: list taken in\n", catalog)
            self.stop_it(agent)
            log.seek(0)
            self.assertEqual(log.read(), b"")

    def test_a_journal_that_does_not_read(self):
        with tempfile.TemporaryFile() as log:
            full = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.addCleanup(full.close)
            full.setblocking(False)
            with self.assertRaises(BlockingIOError):
                while True:
                    full.sendto(b"MESSAGE=x\n", str(self.folder / "journal" / "socket"))
            agent = self.start_agent(log.fileno())
            self.until(self.healthy, "the agent does not answer")
            self.shop.drop("contoso", 2)
            self.until_reported("contoso", 1)
            self.stop_it(agent)

    def test_stderr_is_not_the_journal(self):
        """Its variable is inherited by those who log elsewhere."""
        with tempfile.TemporaryFile() as log:
            agent = self.start_agent(log.fileno(), right=False)
            self.until(self.healthy, "the agent does not answer")
            self.stop_it(agent)
            log.seek(0)
            self.assertIn(b"event=ready", log.read())

    def test_no_journal(self):
        os.unlink(self.folder / "journal" / "socket")
        with tempfile.TemporaryFile() as log:
            agent = self.start_agent(log.fileno())
            self.until(self.healthy, "the agent does not answer")
            self.stop_it(agent)
            log.seek(0)
            self.assertIn(b"event=ready", log.read())


if __name__ == "__main__":
    unittest.main()
