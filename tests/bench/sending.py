# SPDX-License-Identifier: Apache-2.0
"""The sending half: from a list to devices that Partner Center has accepted."""

import contextlib
import os
import shutil
import statistics
import sys

import sink
from delay_proxy import DelayProxy
from lab import Lab
from measure import MIB, Contestant, answer_of, interleaved, median, run_once

BODY_BYTES = 4_125_085  # of a thousand devices, as bench_body says
UPLOADS = 200
HANDSHAKES = 300
BATCH = 500
ROUNDS = 5
SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
TIMED_OUT = 8  # exit code of register

DEVICES = 10_000
ACCEPTED, THROTTLED = 202, 429
ACCEPTED_S = 6  # by then all are accepted, on any machine that can run this
QUIET = {"first": "1h", "max": "1h"}  # nobody asks what became of a job
HOST_CONNECTIONS = 8  # of http_loop.h
RTT_S, LINE_BITS, JOB_S, POLL_S = 0.1, 100e6, 10, 5
NOTICE_S = 2
DEFAULTS = {"poll": {}, "retry": {}}  # those of the configuration, in place of the workshop's
STORM = {"on": "status", "every": 5, "then": {"throttle": 2}}


class Sending(Lab):
    def ten_thousand(self):
        return self.list(DEVICES, "--format", "mmd")

    def register(self, shop, path, *options, ca=None, code=0):
        """A whole run of autoreg register."""
        command = self.command(shop, "register", "--customer", "contoso", *options, path)
        if ca:
            command = ["env", f"SSL_CERT_FILE={ca}", *command]
        return run_once(command, self.two, code)

    def uploading(self, url, connections, requests, body_bytes, ca):
        return [self.program("bench_upload"), url, str(connections), str(requests),
                str(body_bytes), str(ca)]

    def lacks_sink(self, what):
        """Whether nginx cannot be had; says so."""
        program = sink.missing()
        if program:
            self.board.not_measured(what, f"no {program} here")
        return program is not None

    # --- parts -------------------------------------------------------------------------------

    def store(self):
        devices = 1_000_000
        self.board.title(f"store, {devices} devices")
        answer = answer_of([self.program("bench_store"), self.path("store"), str(devices)],
                           self.two)
        shutil.rmtree(self.path("store"))
        self.board.at_least("intake in commits of 500", answer["intake_per_s"], 100_000,
                            "devices/s")
        self.board.at_least("of bare SQLite", answer["intake_ratio"], 0.6)
        self.board.at_least("durable changes, of append and fdatasync", answer["change_ratio"], 0.7)
        self.board.at_most("the next 500 of all", answer["claim_500_ms"], 2, "ms")
        self.board.at_most("log during intake", answer["wal_most_bytes"] / MIB, 64, "MiB")
        self.board.tell("killed, opened again, 500 taken", answer["reopen_to_claim_ms"], "ms")

    def gate(self):
        devices = 1_000_000
        self.board.title(f"the question at the gate, {devices} devices")
        answer = answer_of([self.program("bench_gate"), self.path("gate"), str(devices)], self.one)
        shutil.rmtree(self.path("gate"))
        self.board.at_most("of a bare look-up by primary key", answer["gate_ratio"], 3)
        self.board.tell("median", answer["gate_us"], "us")
        self.board.tell("99 of 100 within", answer["gate_99_us"], "us")

    def units(self):
        units = 1_000_000
        self.board.title(f"units one by one, {units} of them, 50 that wait")
        answer = answer_of([self.program("bench_units"), self.path("units"), str(units)], self.two)
        shutil.rmtree(self.path("units"))
        self.board.at_least("acknowledged", answer["units_per_s"], 1000, "units/s")
        self.board.at_most("99 of 100 within, of a bare table's commits", answer["p99_ratio"], 3)
        self.board.at_most("memory, after the second tenth", (answer["peak_kib"][-1] -
                           answer["peak_kib"][1]) / 1024, 4, "MiB")
        self.board.tell("99 of 100 within", answer["p99_ms"], "ms")

    def body(self):
        self.board.title("body of a batch, CPU")
        answers = [answer_of([self.program("bench_body")], self.one) for _ in range(ROUNDS)]
        middle = {k: statistics.median(a[k] for a in answers) for k in answers[0]}
        self.board.at_most("each device", middle["us_per_device"], 1, "us")
        self.board.at_most("memcpy of the body", middle["vs_memcpy"], 1.5)
        self.board.at_least("less than jansson", middle["jansson_vs_own"], 40)

    def upload(self):
        self.board.title(f"upload of {UPLOADS} bodies of {BODY_BYTES} bytes to nginx over TLS")
        if self.lacks_sink("upload"):
            return
        if not shutil.which("h2load"):
            self.board.not_measured("upload", "no h2load here")
            return
        body = self.path("body")
        with open(body, "wb") as f:
            f.write(b"A" * BODY_BYTES)
        with sink.Sink(self.other) as nginx:
            for connections in (4, 16):
                runs = interleaved({
                    "autoreg": Contestant(self.uploading(nginx.url, connections, UPLOADS,
                                                         BODY_BYTES, nginx.ca), self.one),
                    "h2load": Contestant(["h2load", "--h1", "-n", str(UPLOADS), "-c",
                                          str(connections), "-d", body, "-H",
                                          "Authorization: Bearer " + "t" * 1500, nginx.url],
                                         self.one),
                })
                ratio = {m: median(runs["autoreg"], m) / median(runs["h2load"], m)
                         for m in ("wall_s", "cpu_s")}
                self.board.at_least(f"{connections} connections, speed of h2load",
                                    1 / ratio["wall_s"], 0.9)
                self.board.at_most(f"{connections} connections, CPU of h2load", ratio["cpu_s"],
                                   1.15)

    def handshake(self):
        self.board.title(f"{HANDSHAKES} new TLS connections, CPU")
        what = "with the system's certificates, of the same with a single one"
        if self.lacks_sink(what):
            return
        if not os.path.exists(SYSTEM_CA):
            self.board.not_measured(what, f"no {SYSTEM_CA}")
            return
        with sink.Sink(self.other) as nginx:
            bundle = self.path("bundle.pem")
            with open(bundle, "wb") as out:
                for name in (SYSTEM_CA, nginx.ca):
                    with open(name, "rb") as f:
                        shutil.copyfileobj(f, out)
            runs = interleaved({
                name: Contestant(self.uploading(nginx.short_url, 1, HANDSHAKES, 1, ca), self.one)
                for name, ca in (("bundle", bundle), ("single", nginx.ca))})
        cost = {n: median(r, "cpu_s") for n, r in runs.items()}
        self.board.at_most(what, cost["bundle"] / cost["single"], 2)
        self.board.tell("a connection and its request", cost["bundle"] / HANDSHAKES * 1e3, "ms")

    # --- whole runs -------------------------------------------------------------------------

    def accepted(self):
        """The program is stopped once all is accepted. Jobs never end and are not asked about, so
        that its CPU is that of the way there, its start and its summary included."""
        self.board.title(f"list to accepted, {DEVICES} devices, TLS, CPU of the whole process")
        path = self.ten_thousand()
        runs, bare = [], []
        with contextlib.ExitStack() as stack:
            nginx = None if sink.missing() else stack.enter_context(sink.Sink(self.other))
            for _ in range(ROUNDS):
                runs.append(self.to_accepted(path))
                if nginx:
                    bare.append(run_once(self.uploading(nginx.url, 4, DEVICES // 1000, BODY_BYTES,
                                                        nginx.ca), self.two))
        cpu = median(runs, "cpu_s")
        self.board.at_most(f"{DEVICES} devices", cpu, 0.25, "s")
        self.board.at_most("a device", cpu / DEVICES * 1e6, 20, "us")
        if not self.lacks_sink("the bare upload of as many bytes"):
            self.board.at_most("the bare upload of as many bytes", cpu / median(bare, "cpu_s"), 6)

    def to_accepted(self, path):
        with self.service("never", tls=True) as sim, \
                self.shop(sim.url, poll=QUIET) as shop:
            run = self.register(shop, path, "--timeout", f"{ACCEPTED_S}s", ca=sim.ca,
                                code=TIMED_OUT)
            taken = sum(r["status"] == ACCEPTED for r in sim.requests())
            if taken != DEVICES // BATCH:
                sys.exit(f"{taken} batches were accepted within {ACCEPTED_S} s")
        return run

    def connections(self):
        self.board.title(f"connections, {DEVICES} devices, TLS, no errors")
        with self.service("200ms", tls=True) as sim, self.shop(sim.url) as shop:
            before = sim.counters()["connections"]
            self.register(shop, self.ten_thousand(), ca=sim.ca)
            opened = sim.counters()["connections"] - before - 1  # the last is ours
        self.board.at_most("opened, of so many at a time", opened, HOST_CONNECTIONS, "connections")

    def line(self):
        """A long line, and jobs that take their time, with the configuration's defaults."""
        self.board.title(f"{DEVICES} devices, {RTT_S * 1e3:.0f} ms round trip, "
                         f"{LINE_BITS / 1e6:.0f} Mbit/s, {JOB_S} s a job, wall")
        with self.service(f"{JOB_S}s") as sim, DelayProxy(sim.port, RTT_S, LINE_BITS) as far, \
                self.shop(f"http://127.0.0.1:{far.port}", **DEFAULTS) as shop:
            run = self.register(shop, self.ten_thousand())
            on_line = far.up_bytes * 8 / LINE_BITS
        bound = on_line + JOB_S + 3 * RTT_S
        self.board.at_most("bytes / line + job + 3 round trips", run.wall_s / bound, 1.15)
        # Computed, and kind to both: no connections are made, no answers cost anything. A job that
        # is asked about at 5, 10, ... s is over at the question after its end.
        batches = DEVICES / BATCH
        noticed = (JOB_S // POLL_S + (JOB_S % POLL_S > 0)) * POLL_S
        self.board.at_least(f"faster than one batch after another, asked about every {POLL_S} s "
                            "(computed)",
                            (on_line + batches * (noticed + 2 * RTT_S)) / run.wall_s, 12)
        self.board.at_least("faster than a request for each device on one connection (computed)",
                            (on_line + DEVICES * RTT_S) / run.wall_s, 60)

    def polls(self):
        """Nobody knows when a job ends: who is to notice within 2 s has to ask every 2 s."""
        self.board.title(f"polls, {DEVICES} devices, {JOB_S} s a job")
        with self.service(f"{JOB_S}s") as sim, self.shop(sim.url, **DEFAULTS) as shop:
            self.register(shop, self.ten_thousand())
            record = sim.requests()
        accepted = {r["tracking"]: r["time_ms"] for r in record if r["status"] == ACCEPTED}
        asked = [r for r in record if r["operation"] == "status"]
        last = {r["path"].rpartition("/")[2]: r["time_ms"] for r in asked}  # in order of time
        late = max(last[t] - accepted[t] for t in accepted) / 1e3 - JOB_S
        least = len(accepted) * JOB_S / NOTICE_S
        self.board.at_most("polls, of one every 2 s", len(asked) / least, 1.25)
        self.board.at_most("latest notice of a job's end", late, NOTICE_S, "s")
        self.board.tell("each job", len(asked) / len(accepted), "polls")
        with self.service("2s", faults=[STORM]) as sim, self.shop(sim.url, **DEFAULTS) as shop:
            self.register(shop, self.ten_thousand())
            early = sum(v["kind"] == "retry-too-early" for v in sim.violations())
            storms = sum(r["status"] == THROTTLED for r in sim.requests())
        self.board.at_most(f"requests before Retry-After was over, after {storms} times 429", early,
                           0, "requests")
