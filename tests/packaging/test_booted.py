# SPDX-License-Identifier: Apache-2.0
"""The package's life in a Debian that was booted for it, with a real systemd: booted/story.sh tells it,
and booted/pages.sh does what the documentation says that root types there.

usage: test_booted.py [--write]   --write keeps what the story told in docs/package-story.md

Needs root, systemd-nspawn and debootstrap; without them it is skipped. AUTOREG_PACKAGES is the folder
with the .deb files that were built, AUTOREG_BOOTED one to keep the root of the machine in.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
STORY = HERE / "booted"
ROOT = HERE.parent.parent
MAKE_LIST = HERE.parent / "tools/make_list.py"
TOLD = ROOT / "docs/package-story.md"
BLOCK = re.compile(r"^```sh booted\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEAD = """# The package on a machine of its own

What `tests/packaging/test_booted.py --write` has seen: a Debian that was booted for it, a real systemd, the package, and
a simulator in place of Partner Center. The lines that begin with `#` were typed by root.

"""

MIRROR = "http://deb.debian.org/debian"
# Beside what the package depends on: a system to boot, and what the story looks with.
TOOLS = ["systemd", "systemd-sysv", "dbus", "curl", "jq", "sqlite3"]
NEEDED = ["debootstrap", "systemd-nspawn", "script", "dpkg-deb"]
BOOT_S = 420

UNIT = """[Unit]
Description=The story of the package
After=multi-user.target
[Service]
ExecStart=/bin/sh -c '/bin/sh /story/story.sh /story >/story/told 2>&1 && \
/bin/sh /story/pages.sh /story >/story/typed 2>&1; echo $? >/story/status; \
systemctl --no-block poweroff'
[Install]
WantedBy=multi-user.target
"""


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def dependencies(deb):
    """The packages that it needs, by their first alternative and without versions."""
    field = run("dpkg-deb", "--field", deb, "Pre-Depends", "Depends")
    names = re.sub(r"^[A-Z][A-Za-z-]*:", "", field, flags=re.MULTILINE).replace("\n", ",").split(",")
    return [re.sub(r"[ (|:].*", "", name.strip()) for name in names if name.strip()]


def repack(deb, version, folder):
    """The same package under a newer version: for the packaging system that is an upgrade."""
    tree = folder / "tree"
    run("dpkg-deb", "--raw-extract", deb, tree)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {version}", control.read_text(),
                              flags=re.MULTILINE))
    run("dpkg-deb", "--build", "--root-owner-group", tree, folder / "new.deb")
    shutil.rmtree(tree)


def make_root(root, deb):
    """A machine with all that the package needs, and not the package."""
    if (root / "etc/debian_version").exists():
        return
    run("debootstrap", "--variant=minbase", "--include=" + ",".join(TOOLS + dependencies(deb)),
        "bookworm", root, MIRROR)
    (root / "etc/hostname").write_text("autoreg-test\n")


def write_pages(folder):
    folder.mkdir()
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for n, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
            (folder / f"{page.stem}-{n:02}.sh").write_text(block, encoding="utf-8")


def write_story(folder, deb):
    for file in STORY.iterdir():
        shutil.copy(file, folder)
    write_pages(folder / "pages")
    shutil.copy(deb, folder / "old.deb")
    head, *row = run(sys.executable, MAKE_LIST, "--rows", "2008").splitlines(keepends=True)
    (folder / "first.csv").write_text(head + "".join(row[:8]))
    (folder / "second.csv").write_text(head + "".join(row[8:]))
    version = run("dpkg-deb", "--field", deb, "Version").strip()
    repack(deb, version + "+next", folder)


def boot(root, story):
    unit = root / "etc/systemd/system/story.service"
    unit.write_text(UNIT)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "story.service").unlink(missing_ok=True)
    (wants / "story.service").symlink_to("/etc/systemd/system/story.service")
    # A terminal of its own: without one the machine's console would be ours. What it writes outside
    # of the story's folder is gone afterwards.
    machine = f"systemd-nspawn --quiet --register=no --keep-unit --private-network " \
              f"--volatile=overlay --bind={story}:/story --directory={root} --boot"
    subprocess.run(["script", "--quiet", "--flush", "--return", "--command", machine,
                    str(story / "console")],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=BOOT_S, check=False)


def why_not():
    if os.geteuid() != 0:
        return "booting a machine needs root"
    missing = [name for name in NEEDED if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else None


def the_package():
    folder = os.environ.get("AUTOREG_PACKAGES", "build/packages")
    found = sorted(pathlib.Path(folder).glob("autoreg_*.deb"))
    return found[0] if found else None


def read(path):
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


class Booted(unittest.TestCase):
    write = False

    def test_story(self):
        reason = why_not()
        if reason:
            self.skipTest(reason)
        deb = the_package()
        self.assertIsNotNone(deb, "no package was built")
        with tempfile.TemporaryDirectory(prefix="autoreg-booted-") as scratch:
            root = pathlib.Path(os.environ.get("AUTOREG_BOOTED", scratch + "/root"))
            story = pathlib.Path(scratch) / "story"
            story.mkdir()
            write_story(story, deb)
            make_root(root, deb)
            boot(root, story)
            console = read(story / "console")
            if "Welcome to" not in console:
                self.skipTest("no machine can be booted here: " + console[-500:])
            told, typed = read(story / "told"), read(story / "typed")
            self.assertEqual("0", read(story / "status").strip(), told + typed + console[-2000:])
            if self.write:
                TOLD.write_text(HEAD + told, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        Booted.write = bool(sys.argv.pop())
    unittest.main()
