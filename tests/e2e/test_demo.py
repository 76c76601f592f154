# SPDX-License-Identifier: Apache-2.0
"""`autoreg demo`: the story goes as it should, and however it ends nothing of it is left behind.

What it prints is compared to the letter by test_readme.py.
"""

import contextlib
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import harness
import make_samples

SIMULATOR = os.environ["AUTOREG_SIMULATOR"]
DATA = pathlib.Path(make_samples.DATA) / "demo"
DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
WAIT_S = 60
TABLE = """\
customer      registered     claimed     refused   duplicate
contoso               26           0           3           0
fabrikam              14           1           0           1
total                 40           1           3           1
"""
NOT_REGISTERED = [
    "contoso/excel.txt:8: 1.23457E+11 is refused (excel-damage)",
    "contoso/script.csv:6: TEST00002248 is refused (hash-truncated)",
    "contoso/supplier.csv:2: R9-ZNP67 is refused (sample-data)",
    "fabrikam/stations.csv:3: TEST00003281 is claimed (ZtdDeviceAssignedToOtherTenant)",
]


def processes_of(session):
    """Command lines of what runs in a session; zombies have none, and count as gone."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[3]) == session:
                found.append((stat.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return [line for line in found if line]


class Demo(harness.Case):
    def setUp(self):
        super().setUp()
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()

    def start(self, *args, program=harness.PROGRAM, **streams):
        """The demo in a session of its own, so that all its processes can be found."""
        environ = {**os.environ, "TMPDIR": str(self.temporary), "LC_ALL": "C.UTF-8"}
        demo = subprocess.Popen([program, "demo", *args], cwd=self.folder, env=environ,
                                start_new_session=True, stdin=subprocess.DEVNULL,
                                **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams})
        self.addCleanup(demo.communicate)
        self.addCleanup(demo.kill)
        return demo

    def end(self, demo, code):
        """Waits for it. What it printed on both streams."""
        out, err = (text.decode() for text in demo.communicate(timeout=WAIT_S))
        self.assertEqual(demo.returncode, code, out + err)
        self.assert_nothing_left(demo)
        return out, err

    def assert_nothing_left(self, demo):
        self.assertEqual(processes_of(demo.pid), [])
        self.assertEqual(list(self.temporary.iterdir()), [])

    def wait_for(self, happens):
        deadline = time.monotonic() + WAIT_S
        while not (result := happens()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        return result

    def children(self, demo, word):
        """Process ids of the demo's children with a word in their command line."""
        task = pathlib.Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
        return [int(pid) for pid in task.read_text().split()
                if word in pathlib.Path(f"/proc/{pid}/cmdline").read_text()]

    def wait_for_registration(self, demo):
        """Waits until a registration has sent something. Its process id."""
        (pid,) = self.wait_for(lambda: self.children(demo, "register"))
        self.wait_for(lambda: list(self.temporary.glob("*/state/autoreg.db")))
        return pid

    # --- it goes well ---

    def test_story(self):
        began = time.monotonic()
        out, err = self.end(self.start(), DONE)
        self.assertLess(time.monotonic() - began, WAIT_S)
        self.assertIn(TABLE, out)
        self.assertEqual(re.findall(r"^  (\S+/\S+: .* is .*)$", out, re.MULTILINE), NOT_REGISTERED)
        self.assertIn("http_status=429", err)
        self.assertIn("Nothing of this is left behind", out)
        self.assertNotIn(str(self.temporary), out + err)

    def test_prints_no_secret(self):
        out, err = self.end(self.start("-v"), DONE)
        for name in ("client-secret", "refresh-token"):
            self.assertNotIn((DATA / name).read_text().strip(), out + err)
        self.assertNotRegex(out + err, "[A-Za-z0-9+/]{100}")

    def test_keep(self):
        out, _ = self.end(self.start("--keep", "kept"), DONE)
        self.assertIn("\nAll of it is kept in kept.\n", out)
        kept = self.folder / "kept"
        for path in [kept, *kept.rglob("*")]:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        reports = [str(p.relative_to(kept)) for p in sorted(kept.rglob("*.report.csv"))]
        self.assertEqual(reports, re.findall(r"^  (state/\S+)$", out, re.MULTILINE))
        checked = self.autoreg("--config", kept / "autoreg.yaml", "config", "check")
        self.assertEqual(checked.code, 0, checked.out)
        # What stands there already is not touched.
        _, err = self.end(self.start("--keep", "kept"), FAILED)
        self.assertIn("kept is there already", err)

    @harness.on_a_terminal
    def test_progress_on_a_terminal(self):
        ours, theirs = pty.openpty()
        with open(ours, "rb", buffering=0) as terminal:
            demo = self.start(stderr=theirs, stdout=subprocess.DEVNULL)
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # EIO: nobody has it open any more
                while piece := terminal.read(4096):
                    shown += piece
            demo.wait(WAIT_S)
        self.assertEqual(demo.returncode, DONE)
        self.assertIn(b" submitted, ", shown)

    def test_wrong_usage(self):
        for args in (["--json"], ["list.csv"], ["--keep"]):
            with self.subTest(args):
                self.end(self.start(*args), USAGE)

    def test_lists_are_as_they_are_made(self):
        lists = pathlib.Path(make_samples.DEMO_LISTS)
        made = sorted(str(p.relative_to(lists)) for p in lists.glob("*/*"))
        self.assertEqual(made, sorted(make_samples.DEMO_SAMPLES))
        for name, make in make_samples.DEMO_SAMPLES.items():
            self.assertEqual((lists / name).read_bytes(), make(), name)

    # --- it does not ---

    @contextlib.contextmanager
    def installed(self):
        """A copy of what is installed, to be broken. Its folder; the program is in bin/."""
        with tempfile.TemporaryDirectory(prefix="autoreg-") as name:
            root = pathlib.Path(name)
            (root / "bin").mkdir()
            shutil.copy(harness.PROGRAM, root / "bin" / "autoreg")
            shutil.copy(SIMULATOR, root / "bin" / "autoreg-simulator")
            shutil.copytree(DATA, root / "share" / "autoreg" / "demo")
            yield root

    def test_broken_installations(self):
        def script(text):
            def replace(root):
                path = root / "bin" / "autoreg-simulator"
                path.write_text("#!/bin/sh\n" + text)
            return replace

        def remove(name):
            return lambda root: (root / name).unlink()

        def spoil_secret(root):
            (root / "share/autoreg/demo/client-secret").write_text("wrong\n")

        for name, spoil, told in (
                ("no simulator", remove("bin/autoreg-simulator"), "the demo needs the simulator"),
                ("no scenario", remove("share/autoreg/demo/scenario.yaml"), "needs its data"),
                ("no list", remove("share/autoreg/demo/lists/contoso/script.csv"), "script.csv: "),
                ("the simulator fails", script("exit 1"), "ended before it was ready"),
                ("it says something else", script("echo hello; cat"), "where it listens"),
                ("it goes away", script("echo listening on http://127.0.0.1:1; sleep 1"),
                 "the server has ended"),
                ("nothing can be registered", spoil_secret, "instead of 3")):
            with self.subTest(name), self.installed() as root:
                spoil(root)
                demo = self.start(program=str(root / "bin" / "autoreg"))
                _, err = self.end(demo, FAILED)
                self.assertIn(told, err)

    def test_no_room(self):
        self.temporary.rmdir()
        demo = self.start()
        _, err = (text.decode() for text in demo.communicate(timeout=WAIT_S))
        self.assertEqual(demo.returncode, FAILED)
        self.assertIn(str(self.temporary), err)
        self.assertEqual(processes_of(demo.pid), [])

    def test_registration_is_killed(self):
        demo = self.start()
        os.kill(self.wait_for_registration(demo), signal.SIGKILL)
        _, err = self.end(demo, FAILED)
        self.assertIn("ended by signal 9", err)

    def test_simulator_is_killed(self):
        demo = self.start()
        self.wait_for_registration(demo)
        (simulator,) = self.children(demo, "simulator")
        os.kill(simulator, signal.SIGKILL)
        _, err = self.end(demo, FAILED)
        self.assertIn("the server has ended", err)

    # --- somebody has had enough ---

    def test_interrupted(self):
        for number, to_all in ((signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False)):
            with self.subTest(number=number, to_all=to_all):
                demo = self.start()
                self.wait_for_registration(demo)
                (os.killpg if to_all else os.kill)(demo.pid, number)  # a terminal tells all
                _, err = self.end(demo, INTERRUPTED)
                self.assertIn("interrupted", err)

    def test_killed(self):
        """Then the folder stays, but no process."""
        demo = self.start()
        self.wait_for_registration(demo)
        demo.kill()
        demo.wait()
        self.wait_for(lambda: processes_of(demo.pid) == [])

    def test_reader_goes_away(self):
        ours, theirs = os.pipe()
        os.close(ours)
        with open(theirs, "wb") as out:
            demo = self.start(stdout=out)
        demo.communicate(timeout=WAIT_S)
        self.assertEqual(demo.returncode, FAILED)
        self.assert_nothing_left(demo)


if __name__ == "__main__":
    unittest.main()
