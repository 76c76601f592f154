# SPDX-License-Identifier: Apache-2.0
"""The packages: what is in them, what they do to a machine, and what they leave behind.

usage: test_packages.py [--write]   --write updates autoreg.deb.files

They are built into AUTOREG_PACKAGES (build/packages), where other tests find them.
"""

import functools
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import story  # noqa: E402
from reader import Reader  # noqa: E402

ROOT = HERE.parent.parent
FOLDER = pathlib.Path(os.environ.get("AUTOREG_PACKAGES", ROOT / "build/packages"))
FILES = HERE / "autoreg.deb.files"
SCHEMA = HERE / "spdx-2.3.schema.json"
MIRROR = "http://deb.debian.org/debian"
TOOLS = ("dh", "lintian", "objcopy", "rpmbuild", "scdoc")

UNITS = ("autoreg-control.socket", "autoreg.socket", "autoreg.service")  # as they are enabled
PROGRAMS = ("autoreg", "autoreg-simulator")
TRIES, TRY_S = 300, 0.1


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          **options)
    if done.returncode:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout[-5000:]}")
    return done.stdout


def setUpModule():
    missing = [t for t in TOOLS if not shutil.which(t)]
    if missing:
        raise unittest.SkipTest("not installed: " + ", ".join(missing))
    environment = dict(os.environ)
    if shutil.which("ccache"):  # debhelper gives the build another home
        environment.update(CMAKE_C_COMPILER_LAUNCHER="ccache", CCACHE_BASEDIR=str(FOLDER),
                           CCACHE_DIR=run("ccache", "--get-config", "cache_dir").strip())
    run(ROOT / "packaging/build-deb", FOLDER, env=environment)
    run(ROOT / "packaging/build-rpm", FOLDER, env=environment)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def built(pattern):
    found = list(FOLDER.glob(pattern))
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="autoreg-packages-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class DebCase(Case):
    @classmethod
    def setUpClass(cls):
        cls.deb = built("autoreg_*.deb")

    def unpack(self):
        run("dpkg-deb", "--extract", self.deb, self.folder)
        return self.folder

    def field(self, name):
        return run("dpkg-deb", "--field", self.deb, name).strip()


class Deb(DebCase):
    def test_files(self):
        lines = []
        for line in run("dpkg-deb", "--contents", self.deb).splitlines():
            mode, owner, _, _, _, path = line.split(None, 5)
            lines.append(f"{mode} {owner} {path}\n")
        if "--write" in sys.argv:
            FILES.write_text("".join(lines), encoding="utf-8")
        self.assertEqual("".join(lines), FILES.read_text(encoding="utf-8"),
                         "as it should be? test_packages.py --write notes it")

    def test_lintian(self):
        told = run("lintian", "--allow-root", "--fail-on", "error,warning",
                   built("autoreg_*.changes"))
        self.assertNotRegex(told, "(?m)^[EW]:")

    def test_maintainer_scripts(self):
        """That debhelper has seen the units, groups and folders: where it overlooks them the package
        is built all the same, and nothing is started."""
        run("dpkg-deb", "--control", self.deb, self.folder)
        scripts = {n: (self.folder / n).read_text() for n in ("postinst", "prerm", "postrm")}
        order = ["systemd-sysusers ", "systemd-tmpfiles "]
        order += [f"deb-systemd-helper enable '{u}'" for u in UNITS]
        order += ["deb-systemd-invoke $_dh_action", "try-restart 'autoreg@*.service'"]
        places = [scripts["postinst"].find(text) for text in order]
        self.assertNotIn(-1, places, dict(zip(order, places)))
        self.assertEqual(places, sorted(places), dict(zip(order, places)))
        for name, pattern in (("postinst", "deb-systemd-invoke .*"),
                              ("prerm", "deb-systemd-invoke stop .*"),
                              ("postrm", "deb-systemd-helper purge .*")):
            for unit in UNITS:
                self.assertRegex(scripts[name], f"{pattern}'{re.escape(unit)}'")

    def test_dependencies(self):
        depends = self.field("Depends")
        self.assertIn("ca-certificates", depends)
        for library in ("libcurl4", "libjansson4", "libmicrohttpd12", "libsqlite3-0", "libssl3",
                        "libuv1", "libyaml-0-2", "libexpat1"):
            self.assertRegex(depends, rf"\b{library}\b")

    def test_build_dependencies(self):
        """What ./bootstrap installs for a build is what the package asks for."""
        script = (ROOT / "bootstrap").read_text(encoding="utf-8")
        installed = set(re.search("^BUILD_PACKAGES='([^']*)'", script, re.MULTILINE)[1].split())
        control = (ROOT / "packaging/debian/control").read_text(encoding="utf-8")
        asked = re.search("^Build-Depends:(.*?)^\\S", control, re.MULTILINE | re.DOTALL)[1]
        names = {re.split(r"[ (]", n.strip())[0] for n in asked.split(",")}
        self.assertEqual(installed - names, {"ca-certificates", "gcc", "libc6-dev"})

    def test_programs(self):
        """They are hardened, stripped, of this version and of a commit that is known."""
        root = self.unpack()
        for name in PROGRAMS:
            with self.subTest(name):
                program = root / "usr/bin" / name
                facts = run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic",
                            "--sections", program)
                self.assertRegex(facts, r"Type: +DYN")
                self.assertRegex(facts, r"FLAGS_1.* NOW PIE")
                self.assertRegex(facts, r"GNU_RELRO")
                self.assertRegex(facts, r"GNU_STACK .* RW ")
                self.assertNotRegex(facts, r"\.debug_info|\.symtab")
                self.assertNotRegex(facts, r"\((RPATH|RUNPATH)\)")
        version = json.loads(run(root / "usr/bin/autoreg", "version", "--json"))
        declared = re.search(r"^project\(autoreg VERSION (\S+) ",
                             (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
        self.assertEqual(version["version"], declared)
        self.assertEqual(self.field("Version").rpartition("-")[0], declared)
        self.assertNotEqual(version["commit"], "")
        if (ROOT / ".git").exists():
            self.assertNotEqual(version["commit"], "unknown")

    def test_symbols(self):
        build_id = re.search(r"Build ID: (..)(\S+)", run(
            "readelf", "--notes", self.unpack() / "usr/bin/autoreg"))
        self.assertIn(f"./usr/lib/debug/.build-id/{build_id[1]}/{build_id[2]}.debug",
                      run("dpkg-deb", "--contents", built("autoreg-dbgsym_*.deb")))

    def test_tree(self):
        """Nothing of the folder that it was built in, and no history is needed to build."""
        data = (self.unpack() / "usr/bin/autoreg").read_bytes()
        self.assertNotIn(str(FOLDER).encode(), data)
        script = ". packaging/tree.sh; export_tree \"$1\"; echo \"$version $AUTOREG_COMMIT\""
        with_history = run("sh", "-ec", script, "sh", self.folder / "a", cwd=ROOT)
        without = run("sh", "-ec", script, "sh", self.folder / "b", cwd=self.folder / "a")
        self.assertEqual(without.split(), [with_history.split()[0], "unknown"])
        run("diff", "--recursive", self.folder / "a", self.folder / "b")
        given = run("sh", "-ec", script, "sh", self.folder / "c", cwd=self.folder / "a",
                    env={**os.environ, "AUTOREG_COMMIT": "v1-2-gabc"})
        self.assertEqual(given.split()[1], "v1-2-gabc")


class Materials(DebCase):
    """The bill of materials."""

    def setUp(self):
        super().setUp()
        self.bill = json.loads(built("autoreg_*.spdx.json").read_text(encoding="utf-8"))

    def test_form(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.validate(self.bill, schema)
        known = [e["SPDXID"] for e in (self.bill, *self.bill["packages"], *self.bill["files"])]
        self.assertEqual(len(known), len(set(known)))
        for relation in self.bill["relationships"]:
            self.assertIn(relation["spdxElementId"], known)
            self.assertIn(relation["relatedSpdxElement"], known)

    def test_facts(self):
        own, *libraries = self.bill["packages"]
        self.assertEqual((own["name"], own["versionInfo"]), ("autoreg", self.field("Version")))
        self.assertEqual(own["checksums"][0]["checksumValue"],
                         hashlib.sha256(self.deb.read_bytes()).hexdigest())
        root = self.unpack()
        held = {f"./{p.relative_to(root)}": hashlib.sha256(p.read_bytes()).hexdigest()
                for p in root.rglob("*") if p.is_file()}
        self.assertEqual({f["fileName"]: f["checksums"][1]["checksumValue"]
                          for f in self.bill["files"]}, held)
        told = " ".join(p["comment"] for p in libraries)
        for name in PROGRAMS:
            for needed in re.findall(r"\(NEEDED\).*\[(.+)\]",
                                     run("readelf", "--dynamic", root / "usr/bin" / name)):
                self.assertIn(needed, told)
        for library in libraries:
            self.assertRegex(self.field("Depends"), rf"\b{library['name']}\b")
            self.assertEqual(library["versionInfo"], run(
                "dpkg-query", "--show", "--showformat=${Version}\n", library["name"]).split()[0])
        self.assertEqual({p["name"]: p["licenseDeclared"] for p in libraries}["libssl3"],
                         "Apache-2.0")


class Rpm(Case):
    def test_files(self):
        """The same as in the Debian package, where other systems have it; and nothing that belongs to
        the system."""
        rpm = built("autoreg-[0-9]*.rpm")
        held = set(run("rpm", "--query", "--package", "--list", rpm).split())
        expected = set()
        for line in FILES.read_text(encoding="utf-8").splitlines():
            path = line.split(" ", 2)[2].removeprefix(".").removesuffix(".gz")
            if not path.endswith("/"):
                expected.add(re.sub("^/lib/", "/usr/lib/", path).replace(
                    "vendor-completions", "site-functions").replace("doc/autoreg/changelog",
                                                                    "doc/autoreg/CHANGELOG.md"))
        expected -= {"/usr/share/doc/autoreg/copyright", "/usr/share/lintian/overrides/autoreg",
                     "/usr/share/doc/autoreg/CHANGELOG.md.Debian"}
        expected.add("/usr/share/doc/autoreg/LICENSE")
        folders = {p for p in held if any(f.startswith(p + "/") for f in held)}
        self.assertEqual(sorted(held - folders), sorted(expected))
        self.assertEqual({f for f in folders if "/autoreg" not in f}, set())

    def test_facts(self):
        rpm = built("autoreg-[0-9]*.rpm")
        query = ("rpm", "--query", "--package", rpm)
        needs = run(*query, "--requires").split("\n")
        self.assertIn("ca-certificates", needs)
        self.assertIn("libcurl.so.4()(64bit)", needs)
        self.assertEqual(run(*query, "--queryformat", "%{LICENSE} %{BUILDHOST}"),
                         "Apache-2.0 reproducible")
        scripts = run(*query, "--scripts")
        for order in ("systemd-sysusers autoreg.conf", "systemd-tmpfiles --create autoreg.conf",
                      *(f"preset .*{re.escape(u)}" for u in UNITS),
                      *(f"disable --now .*{re.escape(u)}" for u in UNITS), "try-restart"):
            self.assertRegex(scripts, order)

    def test_symbols(self):
        held = run("rpm", "--query", "--package", "--list", built("autoreg-debuginfo-*.rpm"))
        self.assertEqual(held.split(), [f"/usr/lib/debug/usr/bin/{p}.debug"
                                        for p in sorted(PROGRAMS, reverse=True)])


class Tarball(Case):
    def test_demo(self):
        """Unpacked anywhere it works."""
        run("tar", "--extract", "--file", built("autoreg-[0-9]*.tar.gz"), "--directory", self.folder)
        top, = self.folder.iterdir()
        self.assertTrue(built("autoreg-[0-9]*.tar.gz").name.startswith(top.name))
        self.assertIn("That was the job.", run(top / "bin/autoreg", "demo"))
        symbols = run("readelf", "--string-dump=.gnu_debuglink", top / "bin/autoreg")
        self.assertIn("autoreg.debug", symbols)


def why_no_machine():
    if os.geteuid() != 0:
        return "a machine in a folder takes root"
    if not shutil.which("debootstrap"):
        return "not installed: debootstrap"
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL,
                      check=False).returncode:
        return "no folder can be mounted in private here, as in a chroot"
    return None


@functools.cache
def bare_machine(deb):
    """The folder of a Debian with all that the package needs, and not the package."""
    folder = tempfile.TemporaryDirectory(prefix="autoreg-bare-")
    unittest.addModuleCleanup(folder.cleanup)
    root = pathlib.Path(folder.name) / "root"
    needed = run("dpkg-deb", "--field", deb, "Depends").strip().split(",")
    names = [re.split(r"[ |(:]", n.strip())[0] for n in needed] + ["curl"]
    made = subprocess.run(["debootstrap", "--variant=minbase", "--include=" + ",".join(names),
                           "bookworm", root, MIRROR], capture_output=True, text=True, check=False)
    if "Failed getting release file" in made.stdout + made.stderr:
        raise unittest.SkipTest(f"{MIRROR} cannot be reached")
    if made.returncode:
        raise AssertionError((made.stdout + made.stderr)[-3000:])
    return root


@unittest.skipIf(why_no_machine(), why_no_machine())
class MachineCase(DebCase):
    """In a Debian of its own, which is not booted: dpkg's part. systemd's is test_booted.py."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="autoreg-machine-")
        cls.addClassCleanup(folder.cleanup)
        cls.machine = pathlib.Path(folder.name) / "root"
        run("cp", "--archive", bare_machine(cls.deb), cls.machine)
        shutil.copy(cls.deb, cls.machine / "autoreg.deb")

    def inside(self, *command):
        return run("unshare", "--mount-proc", "--pid", "--fork", f"--root={self.machine}", "env",
                   "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command)

    def write(self, path, text):
        path = self.machine / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def enabled(self):
        return {str(p.relative_to(self.machine / "etc/systemd/system"))
                for p in self.machine.glob("etc/systemd/system/*.wants/autoreg*")}

    def assert_installed(self):
        self.assertIn("That was the job.", self.inside("autoreg", "demo"))
        self.assertEqual(self.inside("stat", "--format=%a %U:%G", "/etc/autoreg",
                                     "/etc/autoreg/credentials", "/var/spool/autoreg").split("\n"),
                         ["755 root:root", "700 root:root", "2770 root:autoreg-spool", ""])
        self.assertIn("autoreg-ops:", self.inside("getent", "group", "autoreg-ops"))
        self.assertEqual(self.enabled(), {"multi-user.target.wants/autoreg.service",
                                          "sockets.target.wants/autoreg.socket",
                                          "sockets.target.wants/autoreg-control.socket"})


class RpmLife(MachineCase):
    """What rpm does and runs with the package; whether it finds what it needs there is for a system
    of RPMs to say."""

    def rpm(self, *arguments):
        run("unshare", "--pid", "--fork", f"--mount-proc={self.machine}/proc",
            "rpm", f"--root={self.machine}", "--nodeps", *arguments)

    def test_life(self):
        package = built("autoreg-[0-9]*.rpm")
        lived = ("etc/autoreg/autoreg.yaml", "var/lib/private/autoreg/autoreg.db",
                 "var/spool/autoreg/contoso/new.csv")
        self.rpm("--install", package)
        self.assert_installed()
        for path in lived:
            self.write(path, "x")
        self.rpm("--upgrade", "--force", package)
        self.assert_installed()
        self.rpm("--erase", "autoreg")
        self.assertEqual(self.enabled(), set())
        self.assertFalse((self.machine / "usr/bin/autoreg").exists())
        for path in lived:
            self.assertEqual((self.machine / path).read_text(encoding="utf-8"), "x", path)


class Life(MachineCase):
    def paths(self):
        """Everything that is there but what dpkg and the groups' tools note for themselves."""
        found = run("find", ".", "-xdev", "(", "-path", "./var/lib/dpkg", "-o", "-path", "./proc",
                    "-o", "-path", "./var/log", ")", "-prune", "-o", "-print", cwd=self.machine)
        return set(found.splitlines()) - {
            "./etc/.pwd.lock", "./etc/group-", "./etc/gshadow-", "./etc/passwd-", "./etc/shadow-"}

    def test_life(self):
        before = self.paths()
        self.inside("dpkg", "--install", "/autoreg.deb")
        self.assert_installed()
        installed = self.paths()

        # What a service of it has had, an instance as well.
        lived = ["etc/autoreg/autoreg.yaml", "etc/autoreg/credentials/client-secret",
                 "var/lib/private/autoreg/autoreg.db", "var/lib/private/autoreg-two/autoreg.db",
                 "var/spool/autoreg/contoso/new.csv"]
        for path in lived:
            self.write(path, "x")
        (self.machine / "var/lib/autoreg").symlink_to("private/autoreg")
        (self.machine / "var/spool/autoreg/contoso/reports").mkdir()
        (self.machine / "var/spool/autoreg-two/adatum").mkdir(parents=True)

        self.inside("dpkg", "--install", "/autoreg.deb")  # an upgrade
        for path in lived:
            self.assertTrue((self.machine / path).exists(), path)
        self.inside("dpkg", "--remove", "autoreg")
        for path in lived:
            self.assertTrue((self.machine / path).exists(), path)
        self.assertFalse((self.machine / "usr/bin/autoreg").exists())

        self.inside("dpkg", "--purge", "autoreg")
        spool = {"./var/spool/autoreg", "./var/spool/autoreg/contoso",
                 "./var/spool/autoreg/contoso/new.csv"}
        self.assertEqual(self.paths() ^ before, spool)

        # Nothing to keep this time.
        (self.machine / "var/spool/autoreg/contoso/new.csv").unlink()
        self.inside("dpkg", "--install", "/autoreg.deb")
        self.assertEqual(self.paths() - {"./var/spool/autoreg/contoso"}, installed)
        self.inside("dpkg", "--purge", "autoreg")
        self.assertEqual(self.paths() ^ before, set())


class Newcomer(MachineCase):
    """Somebody without any rights, who has the package and its documentation, and nothing else."""

    UID = 1000

    def setUp(self):
        super().setUp()
        self.inside("dpkg", "--install", "/autoreg.deb")
        self.addCleanup(self.inside, "dpkg", "--purge", "autoreg")
        run("mount", "-t", "proc", "proc", self.machine / "proc")
        self.addCleanup(run, "umount", self.machine / "proc")

    def page(self, name):
        """As it was installed: the longer ones are compressed."""
        path = self.machine / "usr/share/doc/autoreg/docs" / name
        if path.exists():
            return path.read_text(encoding="utf-8")
        return gzip.decompress(path.with_name(path.name + ".gz").read_bytes()).decode()

    def play(self, name):
        """The only story of a page, which begins with nothing but an empty folder."""
        home = self.machine / "home/newcomer"
        home.mkdir(mode=0o700)
        self.addCleanup(shutil.rmtree, home)
        become = ("unshare", f"--root={self.machine}", "--wd=/home/newcomer",
                  f"--setgid={self.UID}", f"--setuid={self.UID}", "sh", "-c")
        ports = {said: str(free_port()) for said in ("8400", "9417")}
        reader = Reader(home, {}, ports, become, HOME="/home/newcomer",
                        PATH="/usr/bin:/bin", TMPDIR="/tmp")
        shutil.chown(home, self.UID, self.UID)
        region = story.REGION.search(self.page(name))
        self.assertEqual(region["name"], "empty")

        def wait(word, *command):
            self.assertEqual(word, "wait")
            for _ in range(TRIES):
                if reader.succeeds(" ".join(command)):
                    return
                time.sleep(TRY_S)
            self.fail(f"{command} never succeeded")

        with reader:
            self.assertEqual(region["text"], story.play(region["text"], reader, wait))

    def test_tutorial(self):
        self.play("tutorial.md")

    def test_profile(self):
        self.play("how-to/another-makers-service.md")

    def test_links(self):
        """From page to page they lead to what is installed, but for what is only in the source."""
        top = self.machine / "usr/share/doc/autoreg/docs"
        pages = sorted(p.relative_to(top) for p in top.rglob("*.md*"))
        self.assertGreater(len(pages), 15)
        for path in pages:
            text = self.page(str(path).removesuffix(".gz")).partition("**Understand and change**")[0]
            for link in re.findall(r"\]\(((?!\w+:)[^)#\s]+)", text):
                target = top / path.parent / link
                with self.subTest(page=str(path), link=link):
                    self.assertTrue(target.exists() or
                                    target.with_name(target.name + ".gz").exists())


if __name__ == "__main__":
    unittest.main(argv=[a for a in sys.argv if a != "--write"])
