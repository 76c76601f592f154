# SPDX-License-Identifier: Apache-2.0
"""The daemon: how it starts, how it rests, and what a long queue does to it."""

import contextlib
import http.client
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import threading
import time

from lab import Lab
from measure import MIB

STARTS = 21
IDLE_S = 10
REST_S = 60  # it looks into its spool once
SETTLE_S = 1
NOWHERE = "http://127.0.0.1:9"  # nothing is sent there
BATCHES = 60  # accepted before it is killed
WATCH_S = 0.01
WAIT_S = 900
KILLS = 5
ANSWERS_MIN = 20


def until(done, agent):
    """Waits until something is so. The agent must not end before."""
    deadline = time.monotonic() + WAIT_S
    while not done():
        if agent.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the agent has ended, or does not get on")
        time.sleep(WATCH_S)


def status_of(pid, word):
    """The first number of a line of /proc/PID/status, over all threads."""
    total = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith(word + ":"):
                total += int(line.split()[1])
    return total


def cpu_ticks(pid):
    """User and system time of all threads since its start."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return sum(map(int, stat.rpartition(")")[2].split()[11:13]))


def peak_bytes(pid):
    """The most memory since its start, or since a 5 was written to its clear_refs."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM")


class Knocking(http.client.HTTPConnection):
    """To the control socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=WAIT_S)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class Watch:
    """Looks at a working agent again and again: how large its log is, how soon it answers."""

    def __init__(self, log, control):
        self._log, self._control = log, control
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.log_bytes = 0
        self.answers_s = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(WATCH_S):
            with contextlib.suppress(FileNotFoundError):
                self.log_bytes = max(self.log_bytes, os.path.getsize(self._log))
            with contextlib.suppress(ConnectionError, FileNotFoundError, http.client.HTTPException):
                self.answers_s.append(self._ask())

    def _ask(self):
        start = time.monotonic()
        with contextlib.closing(Knocking(str(self._control))) as connection:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        return time.monotonic() - start


class Standing(Lab):
    def start(self, shop):
        """An agent that is ready, and how long that took."""
        begun = time.monotonic()
        agent = subprocess.Popen(self.command(shop, "-v", "run"), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for line in agent.stderr:
            if b"ready" in line:
                return agent, time.monotonic() - begun
        raise RuntimeError(f"not ready: exit status {agent.wait()}")

    def stop(self, agent):
        agent.terminate()
        agent.wait()
        agent.stderr.close()

    def idle(self):
        self.board.title("the daemon, nothing to do")
        first, again = [], []
        for _ in range(STARTS):
            with self.shop(NOWHERE) as shop:
                for times in (first, again):
                    agent, took = self.start(shop)
                    times.append(took)
                    self.stop(agent)
        self.board.at_most("start to ready, first of all", statistics.median(first) * 1e3, 20, "ms")
        self.board.at_most("start to ready, again", statistics.median(again) * 1e3, 20, "ms")
        with self.shop(NOWHERE) as shop:
            agent, _ = self.start(shop)
            time.sleep(SETTLE_S)
            woken, ticks = status_of(agent.pid, "voluntary_ctxt_switches"), cpu_ticks(agent.pid)
            time.sleep(IDLE_S)
            woken = status_of(agent.pid, "voluntary_ctxt_switches") - woken
            time.sleep(REST_S - IDLE_S)
            ticks = cpu_ticks(agent.pid) - ticks
            peak = peak_bytes(agent.pid)
            self.stop(agent)
        self.board.at_most(f"woken in {IDLE_S} s", woken, 0, "times")
        self.board.at_most(f"CPU in {REST_S} s", ticks, 0, "ticks")
        self.board.at_most("resident, at most", peak / 1e6, 15, "MB")

    def queue(self):
        """One run: a long list is taken in, some of it is sent, the agent is killed, and starts
        again where the service was."""
        rows = 1_000_000 if self.big else self.rows
        self.board.title(f"the daemon, {rows} devices queued")
        state, spool = (pathlib.Path(self.path(name)).resolve() for name in ("state", "spool"))
        (spool / "contoso").mkdir(parents=True)
        os.link(self.list(rows, "--format", "mmd"), spool / "contoso" / "list.csv")
        try:
            self.long_queue(rows, state, spool)
        finally:
            shutil.rmtree(state, ignore_errors=True)
            shutil.rmtree(spool)

    def long_queue(self, rows, state, spool):
        with contextlib.ExitStack() as stack:
            sim = stack.enter_context(self.service("200ms"))
            shop = stack.enter_context(self.shop(sim.url, state=str(state), spool=str(spool)))
            log = state / "autoreg.db-wal"
            agent = shop.start()
            begun = time.monotonic()
            with Watch(log, shop.folder / "control.sock") as taking:
                until(lambda: "list taken in" in shop.log(), agent)
            taken_s = time.monotonic() - begun
            taking_peak = peak_bytes(agent.pid)
            pathlib.Path(f"/proc/{agent.pid}/clear_refs").write_text("5", encoding="ascii")
            with Watch(log, shop.folder / "control.sock") as sending:
                until(lambda: sim.counters()["requests"]["append"] >= BATCHES, agent)
            sending_peak = peak_bytes(agent.pid)
            agent.kill()
            agent.wait()
            left = os.path.getsize(log)
            port = sim.port
            sim.stop()
            first = [self.first_request(shop, port) for _ in range(KILLS)]
            ready = [self.ready_again(shop) for _ in range(KILLS)]
        self.board.at_least("read, checked and committed", rows / taken_s, 100_000, "devices/s")
        for name, watch in (("taking them in", taking), ("sending", sending)):
            self.board.at_most(f"log, {name}", watch.log_bytes / MIB, 64, "MiB")
            self.answers(f"99 of 100 answers over the control socket, {name}", watch.answers_s)
        self.board.at_most("most memory, sending", sending_peak / MIB, 64, "MiB")
        self.board.tell("most memory, taking them in", taking_peak / MIB, "MiB")
        self.board.at_most(f"killed, started again: first request (log of {left / MIB:.0f} MiB)",
                           max(first) * 1e3, 100, "ms")
        self.board.at_most("the same: ready", max(ready) * 1e3, 100, "ms")

    def ready_again(self, shop):
        """From the start of an agent until it says so, after a kill."""
        agent, took = self.start(shop)
        agent.kill()
        agent.wait()
        agent.stderr.close()
        return took

    def answers(self, what, answers_s):
        if len(answers_s) < ANSWERS_MIN:
            self.board.not_measured(what, f"{len(answers_s)} answers came")
            return
        self.board.at_most(what, statistics.quantiles(answers_s, n=100)[98] * 1e3, 20, "ms")

    def first_request(self, shop, port):
        """From the start of an agent to its first bytes at the port where the service was."""
        with socket.create_server(("127.0.0.1", port)) as service:
            service.settimeout(WAIT_S)
            begun = time.monotonic()
            agent = shop.start()
            connection, _ = service.accept()
            with connection:
                connection.recv(1)
                took = time.monotonic() - begun
            agent.send_signal(signal.SIGKILL)
            agent.wait()
        return took
