# SPDX-License-Identifier: Apache-2.0
"""Ten thousand files in the spool at once."""

import contextlib
import os
import pathlib
import socket
import sqlite3
import time
import unittest

from agent_case import Case
from service_manager import ServiceManager
from workshop import Workshop

FILES = 10_000
TAKEN = 2_000  # enough to see what grows
RESIDENT_MAX_KIB = 100 * 1024
ANSWER_MAX_S = 2


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


class FullSpool(Case):
    def healthz_s(self):
        before = time.monotonic()
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(self.shop.settings["control"])
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertTrue(s.recv(100).startswith(b"HTTP/1.1 200"))
        return time.monotonic() - before

    @unittest.skipIf(os.environ.get("AUTOREG_SANITIZED"), "its memory is not the program's")
    def test_ten_thousand_files(self):
        """All at once: memory stays bounded, the loop answers meanwhile, and none is lost on the way."""
        manager = self.enterContext(ServiceManager())
        self.open(customers={"contoso": Workshop.customer("contoso")})
        folder = self.shop.spool / "contoso"
        folder.mkdir(parents=True)
        path, _ = self.shop.make_list("one.csv", FILES)
        head, *rows = path.read_bytes().splitlines(keepends=True)
        for n, row in enumerate(rows):
            (folder / f"{n:05}.csv").write_bytes(head + row)
        agent = self.start(**manager.environment(watchdog_s=3))
        self.shop.run("pause")
        slowest = 0

        def taken():
            nonlocal slowest
            slowest = max(slowest, self.healthz_s())
            time.sleep(1)
            return left() <= FILES - TAKEN

        def left():
            return sum(1 for _ in folder.glob("*.csv"))

        self.until(taken, f"not {TAKEN} were taken", 270)
        self.assertLess(slowest, ANSWER_MAX_S)
        self.assertLess(resident_kib(agent.pid), RESIDENT_MAX_KIB)
        self.assertNotIn("no sign of life", self.shop.log())
        self.stop(agent)
        with contextlib.closing(sqlite3.connect(self.shop.state / "autoreg.db")) as store:
            (devices,), = store.execute("SELECT count(*) FROM device")
        self.assertEqual(devices + left(), FILES)


if __name__ == "__main__":
    unittest.main()
