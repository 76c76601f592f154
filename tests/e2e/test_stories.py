# SPDX-License-Identifier: Apache-2.0
"""The stories of README.md and docs/ show what really happens.

Each has a stage: an agent and a simulator whose time can be moved, or an empty folder. How a story is
written down and played is told in story.py; what happens between its blocks is done by the functions
below.

    test_stories.py --write FILE...    writes the outputs into the files as they are now
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest
import unittest.mock

import yaml

import warp  # before anything that knows the programs
import agent_case
import harness
import story
from reader import Reader, widened
from workshop import Workshop

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FILES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
PATIENCE_S = 2


class Times(unittest.TestCase):
    FRACTION, WHOLE = "2030-01-15T08:00:00.500Z", "2030-01-15T08:00:00Z"

    def table(self, first, second, width=len(FRACTION)):
        return (f"WHEN{'':{width - 4}}  COUNT\n{first:{width}}      7\n{second:{width}}      8\n")

    def test_columns(self):
        """As wide with whole seconds as with fractions."""
        wide = self.table(self.FRACTION, self.WHOLE)
        self.assertEqual(widened(wide), wide)
        narrow = self.table(self.WHOLE, self.WHOLE, len(self.WHOLE))
        self.assertEqual(widened(narrow), self.table(self.WHOLE, self.WHOLE))
        for other in (f"WHEN\n{self.WHOLE}\n", f"at {self.WHOLE} it\nwas {self.WHOLE} so\n"):
            self.assertEqual(widened(other), other)


class Stories(warp.Case):
    def stage_consent(self):
        self.open_stage({"contoso": {"relationship": "none"}})

    def stage_claim(self):
        self.open_stage({"contoso": {"foreign": [{"serial": "TEST00000001", "until": "4d"}]}},
                        claims={"recheck": ["330m", "1410m"]})  # between the steps of time

    def stage_delivery(self):
        self.open_stage({"contoso": {"foreign": ["TEST00000001"]}},
                        {"gate": {"needs": ["registered", "image"]}})

    def stage_onecustomer(self):
        self.open_stage({"contoso": {}})

    def stage_many(self):
        self.open_stage({"contoso": {}, "fabrikam": {}, "adatum": {}, "proseware": {"relationship": "none"}})

    def stage_reused(self):
        found = {"code": 814, "name": "ZtdDeviceAlreadyAadRegistered", "times": 1}
        self.open_stage({"contoso": {}}, scenario={"verdicts": {"TEST00000001": found}})

    def stage_factory(self):
        """The maker's service is the simulator as well, at an address that is known before."""
        port = agent_case.free_port()
        self.open_stage({"contoso": {}}, {"via": "oem/fabrikam"}, options=["--port", str(port)],
                        oems={"fabrikam": {
                            "profile": "reference-v1", "base_url": f"http://127.0.0.1:{port}",
                            "auth": {"method": "bearer", "token": {"file": "secret"}}}})

    def stage_service(self):
        """The folders of a package, and a service that knows one client secret at a time."""
        self.open_stage({"contoso": {}}, scenario=self.scenario_of("secret"), stands_for={
            "/var/lib/autoreg": "state", "/var/spool/autoreg": "spool", "/var/backups/autoreg": "backup",
            "/run/autoreg": ".", "/etc/autoreg": "."})
        (self.shop.folder / "backup").mkdir(mode=0o700)

    def stage_network(self):
        """As before, with a folder of credentials that systemd hands over to the agent."""
        credentials = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="autoreg-")))
        self.enterContext(unittest.mock.patch.dict(os.environ, CREDENTIALS_DIRECTORY=str(credentials)))
        self.open_stage({"contoso": {}}, ports=["9417"], stands_for={
            "/etc/autoreg/credentials": credentials, "/etc/autoreg": "."})

    @staticmethod
    def scenario_of(secret):
        return {"apps": [{"tenant": "11111111-1111-4111-8111-111111111111",
                          "client_id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "secret": secret,
                          "refresh_tokens": ["seed"], "sign_ins": [{"after": "0s", "then": "approve"}] * 5}]}

    def open_stage(self, known, customer=None, options=(), scenario=None, stands_for=None, ports=(),
                   **sections):
        self.open({"customers": {n: {"tenant": Workshop.tenant(n), "domain": f"{n}.onmicrosoft.com",
                                     **k} for n, k in known.items()},
                   "partner": "11111111-1111-4111-8111-111111111111", **(scenario or {})},
                  {n: Workshop.customer(n, **(customer or {})) for n in known}, options,
                  **sections)
        real = {said: str(self.shop.folder / name) for said, name in (stands_for or {}).items()}
        real |= {said: str(agent_case.free_port()) for said in ports}
        self.reader = self.enterContext(Reader(self.shop.folder, {"autoreg": harness.PROGRAM}, real,
                                               AUTOREG_CONFIG=str(self.shop.config)))
        self.agent = self.start()

    def stage_empty(self):
        """An empty folder, and what the package brings. Nothing runs yet."""
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="autoreg-reader-"))
        ports = {said: str(agent_case.free_port()) for said in ("8400", "9417")}
        self.reader = self.enterContext(Reader(folder, warp.REAL_PROGRAMS, ports))

    # What happens between the blocks.

    def meanwhile_list(self, customer, devices):
        self.shop.drop(customer, int(devices), name="laptops.csv")

    def meanwhile_sample(self, customer, sample, name):
        """One of tests/data/lists/ comes under another name."""
        folder = self.shop.spool / customer
        shutil.copyfile(ROOT / "tests" / "data" / "lists" / sample, folder / f".{name}")
        (folder / f".{name}").rename(folder / name)

    def meanwhile_time(self, duration):
        self.pass_time(duration, step=duration if duration.endswith("m") else "1h")

    def meanwhile_consent(self, customer, relationship):
        self.sim.post_consent(customer, relationship)

    def meanwhile_stop(self):
        self.stop(self.agent)

    def meanwhile_start(self):
        self.agent = self.start()

    def meanwhile_another_host(self):
        """One that has the package, and nothing of ours but the configuration."""
        for folder in (self.shop.state, self.shop.spool):
            shutil.rmtree(folder)

    def meanwhile_add(self, name):
        """What was written to that file belongs into the configuration."""
        self.shop.settings |= yaml.safe_load((self.shop.folder / name).read_text(encoding="utf-8"))
        self.shop.write_config()

    def meanwhile_entra_takes(self, secret):
        self.sim.post_scenario(self.scenario_of(secret))

    def meanwhile_until(self, customer, *wanted):
        want = {state: int(n) for state, n in (w.split("=") for w in wanted)}

        def states():
            answer = json.loads(self.shop.run("status", "--json").stdout)
            (found,) = [c for c in answer["customers"] if c["name"] == customer]
            return {s: n for s, n in found["states"].items() if n}

        # On a busy machine time must not pass only because the work takes its time.
        deadline = time.monotonic() + PATIENCE_S
        while states() != want and time.monotonic() < deadline:
            time.sleep(agent_case.LOOK_S)
        self.until_passing(lambda: states() == want, f"{customer} never was {want}", step="1m",
                           at_most="2h")

    def meanwhile_wait(self, *command):
        """Until it succeeds."""
        self.until(lambda: self.reader.succeeds(" ".join(command)), f"{command} never succeeded")

    def play(self, name, text):
        """The text of a story with the outputs as they are."""
        getattr(self, f"stage_{name}")()
        return story.play(text, self.reader, lambda word, *a: getattr(self, f"meanwhile_{word}")(*a))

    def test_outputs_are_real(self):
        played = 0
        for path in FILES:
            for region in story.REGION.finditer(path.read_text(encoding="utf-8")):
                with self.subTest(f"{path.name}: {region['name']}"):
                    self.assertEqual(region["text"], self.play(region["name"], region["text"]))
                    played += 1
                    self.doCleanups()
                    self.setUp()
        self.assertGreaterEqual(played, 7)


def write(paths):
    """Plays the stories of files and writes down what was seen."""
    case = Stories("test_outputs_are_real")
    for path in map(pathlib.Path, paths):
        def played(region):
            case.setUp()
            try:
                text = case.play(region["name"], region["text"])
            finally:
                case.doCleanups()
            return f"<!-- story: {region['name']} -->\n{text}<!-- end of story -->"

        path.write_text(story.REGION.sub(played, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(sys.argv[2:])
    else:
        unittest.main()
