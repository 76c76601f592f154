# SPDX-License-Identifier: Apache-2.0
"""The packing line: units one by one, and how soon a box may be closed."""

import contextlib
import http.client
import json
import socket
import statistics
import threading
import time

from lab import Lab
from measure import answer_of

NOWHERE = "http://127.0.0.1:9"  # nothing is sent there
LINES, UNITS = 20, 10  # of each line, one after the other
AFTER_S = 1
WAIT_S = 60
QUICK = {"first": "10ms", "max": "20ms"}


class Link(http.client.HTTPConnection):
    """To the control socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=2 * WAIT_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, target, body=None):
        self.request(method, target, body)
        answer = self.getresponse()
        return answer.status, json.load(answer)


def work(path, line, samples):
    """From the moment at which a unit is given to that at which it is registered."""
    with contextlib.closing(Link(path)) as link:
        for i in range(UNITS):
            serial = f"PK{line:03}{i:04}"
            begun = time.monotonic()
            status, _ = link.ask("POST", "/v1/units", json.dumps({
                "customer": "contoso", "serial": serial, "manufacturer": "Fabrikam",
                "model": "Book 14"}))
            assert status == 202
            status, _ = link.ask("GET", f"/v1/gate/{serial}?wait={WAIT_S}s")
            assert status == 200
            samples.append(time.monotonic() - begun)


class Packing(Lab):
    @contextlib.contextmanager
    def agent(self, shop):
        running = shop.start()
        while "ready\n" not in shop.log():
            assert running.poll() is None, shop.log()
            time.sleep(0.01)
        yield running
        shop.stop(running)

    def lines(self):
        self.board.title("units over the control socket, 50 connections")
        with self.shop(NOWHERE) as shop, self.agent(shop):
            shop.run("pause")
            answer = answer_of([self.program("bench_line"), shop.settings["control"], "contoso",
                                str(shop.folder)], self.two)
        self.board.at_least("durable", answer["units_per_s"], 1000, "units/s")
        self.board.at_most("99 of 100 acknowledged within, of bare SQLite's turns",
                           answer["p99_ratio"], 3)
        self.board.tell("median", answer["p50_ms"], "ms")
        self.board.tell("99 of 100 within", answer["p99_ms"], "ms")

    def boxes(self):
        self.board.title(f"from the line to registered, {LINES} lines, flush.after {AFTER_S}s")
        samples = []
        with self.service("0s", maker={"token": "secret"}) as sim, \
                self.shop(sim.url, poll=QUICK, oems={"fabrikam": {
                    "profile": "reference-v1", "base_url": sim.url,
                    "auth": {"method": "bearer", "token": {"file": "secret"}},
                    "flush": {"devices": 1000, "after": f"{AFTER_S}s"}}}) as shop:
            shop.settings["customers"]["contoso"]["via"] = "oem/fabrikam"
            shop.write_config()
            with self.agent(shop):
                path = shop.settings["control"]
                lines = [threading.Thread(target=work, args=(path, n, samples))
                         for n in range(LINES)]
                for line in lines:
                    line.start()
                for line in lines:
                    line.join()
        if len(samples) != LINES * UNITS:
            raise RuntimeError("a line has stopped")
        p99_s = statistics.quantiles(samples, n=100)[98]
        self.board.at_most("99 of 100 within", p99_s * 1000, AFTER_S * 1000 + 100, "ms")
        self.board.tell("median", statistics.median(samples) * 1000, "ms")
