# SPDX-License-Identifier: Apache-2.0
"""systemd's own tools find nothing to say about the units, and call the sandbox a tight one."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ["AUTOREG"])
SYSTEMD = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "systemd"
EXPOSURE_MAX = 15  # tenths
PLAIN = ("autoreg.service", "autoreg.socket", "autoreg-control.socket")
INSTANCE = ("autoreg@.service", "autoreg-control@.socket")


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, check=False, **options)


@unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
class Units(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in PLAIN + INSTANCE:
            text = (SYSTEMD / name).read_text(encoding="utf-8")
            (self.folder / name.replace("@", "@x")).write_text(
                text.replace("/usr/bin/autoreg", PROGRAM), encoding="utf-8")

    def verify(self, names):
        """An unknown key is told, and no failure: so whatever is told is one."""
        done = run("systemd-analyze", "verify", "--man=no",
                   *("./" + name.replace("@", "@x") for name in names), cwd=self.folder)
        self.assertEqual((done.stdout, done.returncode), ("", 0))

    def test_nothing_to_say(self):
        self.verify(PLAIN)
        self.verify(INSTANCE)

    def test_exposure(self):
        for name in ("autoreg.service", "autoreg@.service"):
            done = run("systemd-analyze", "security", "--offline=true",
                       f"--threshold={EXPOSURE_MAX}", str(SYSTEMD / name))
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_drop_ins(self):
        """Each example fits both services, one after the other."""
        for example in sorted((SYSTEMD / "examples").glob("*.conf")):
            for name in ("autoreg.service", "autoreg@.service"):
                with self.subTest(example=example.name, unit=name):
                    drop_in = self.folder / (name.replace("@", "@x") + ".d") / example.name
                    drop_in.parent.mkdir(exist_ok=True)
                    shutil.copy(example, drop_in)
                    self.verify((name,))
                    drop_in.unlink()

    def test_same_sandbox(self):
        """An instance differs in names only, and is not given everybody's secrets."""
        def settings(name):
            lines = (SYSTEMD / name).read_text(encoding="utf-8").splitlines()
            return [line for line in lines if line and not line.startswith("#")]

        def without_names(line):
            for old, new in (("--config /etc/autoreg/%i.yaml ", ""), ("/%i.yaml", "/autoreg.yaml"),
                             ("autoreg-%i", "autoreg"), ("@%i.socket", ".socket"), (" (%i)", "")):
                line = line.replace(old, new)
            return line

        alone = [line.replace("autoreg.socket autoreg-control", "autoreg-control")
                 for line in settings("autoreg.service")
                 if not line.startswith("LoadCredential=")]
        self.assertEqual([without_names(line) for line in settings("autoreg@.service")], alone)


@unittest.skipUnless(shutil.which("systemd-sysusers") and shutil.which("systemd-tmpfiles"),
                     "no systemd-sysusers, no systemd-tmpfiles")
@unittest.skipUnless(os.geteuid() == 0, "only root makes groups and gives folders away")
class Folders(unittest.TestCase):
    def make(self, root, kind):
        done = run(f"systemd-{kind}", *(["--create"] if kind == "tmpfiles" else []), "--root", root,
                   str(SYSTEMD / f"{kind}.d" / "autoreg.conf"))
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_groups_and_folders(self):
        root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (root / "etc").mkdir()
        (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n", encoding="ascii")
        (root / "etc/group").write_text("root:x:0:\n", encoding="ascii")
        self.make(str(root), "sysusers")
        self.make(str(root), "tmpfiles")
        groups = {line.split(":")[0]: int(line.split(":")[2])
                  for line in (root / "etc/group").read_text(encoding="ascii").splitlines()}
        self.assertEqual(set(groups), {"root", "autoreg-spool", "autoreg-ops"})
        spool = (root / "var/spool/autoreg").stat()
        self.assertEqual((spool.st_mode & 0o7777, spool.st_gid), (0o2770, groups["autoreg-spool"]))
        self.assertEqual((root / "etc/autoreg/credentials").stat().st_mode & 0o7777, 0o700)


if __name__ == "__main__":
    unittest.main()
