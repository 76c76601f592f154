# SPDX-License-Identifier: Apache-2.0
"""The stories of README.md and docs/stories.md show what really happens.

A story stands between `<!-- story: NAME -->` and `<!-- end of story -->`. Its console blocks are typed
one after the other, beside an agent and a simulator whose time can be moved; what the reader is
only told of stands in comments between them, a line each, and is done by the functions below.

    test_stories.py --write FILE...    writes the outputs into the files as they are now
"""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import warp  # before anything that knows the programs
import agent_case
import harness
from workshop import Workshop

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FILES = (ROOT / "README.md", ROOT / "docs" / "stories.md")
REGION = re.compile(r"<!-- story: (?P<name>\w+) -->\n(?P<text>.*?)<!-- end of story -->", re.DOTALL)
STEP = re.compile(r"^<!-- (?P<meanwhile>[^>]*) -->$|^```console\n(?P<block>.*?)^```$",
                  re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^\$ (?P<command>(?:[^\n]*\\\n)*[^\n]*)\n", re.MULTILINE)
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SECONDS = re.compile(r"\b\d+s ago")
BEGIN = datetime.datetime(2030, 1, 15, 8, tzinfo=datetime.timezone.utc)
STEP_S = 600  # what the clock of the reader shows is rounded to that
KNOWN = {"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"}


class Stories(warp.Case):
    def stage_consent(self):
        self.open_stage({"contoso": {"relationship": "none"}})

    def stage_claim(self):
        self.open_stage({"contoso": {"foreign": [{"serial": "TEST00000001", "until": "4d"}]}},
                        claims={"recheck": ["330m", "1410m"]})  # between the steps of time

    def stage_delivery(self):
        self.open_stage({"contoso": {"foreign": ["TEST00000001"]}},
                        {"gate": {"needs": ["registered", "image"]}})

    def stage_factory(self):
        """The maker's service is the simulator as well, at an address that is known before."""
        port = agent_case.free_port()
        self.open_stage({"contoso": {}}, {"via": "oem/fabrikam"}, options=["--port", str(port)],
                        oems={"fabrikam": {
                            "profile": "reference-v1", "base_url": f"http://127.0.0.1:{port}",
                            "auth": {"method": "bearer", "token": {"file": "secret"}}}})

    def open_stage(self, known, customer=None, options=(), **sections):
        self.open({"customers": {n: {"tenant": Workshop.tenant(n), "domain": f"{n}.onmicrosoft.com",
                                     **k} for n, k in known.items()},
                   "partner": "11111111-1111-4111-8111-111111111111"},
                  {n: Workshop.customer(n, **(customer or {})) for n in known}, options,
                  **sections)
        self.began = datetime.datetime.now(datetime.timezone.utc)
        programs = self.shop.folder / "bin"
        programs.mkdir()
        (programs / "autoreg").symlink_to(harness.PROGRAM)
        self.typing = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                       "AUTOREG_CONFIG": str(self.shop.config)}
        self.start()

    # What happens between the blocks.

    def meanwhile_list(self, customer, devices):
        self.shop.drop(customer, int(devices), name="laptops.csv")

    def meanwhile_time(self, duration):
        self.pass_time(duration, step=duration if duration.endswith("m") else "1h")

    def meanwhile_consent(self, customer, relationship):
        self.sim.post_consent(customer, relationship)

    def meanwhile_until(self, customer, *wanted):
        want = {state: int(n) for state, n in (w.split("=") for w in wanted)}

        def states():
            answer = json.loads(self.shop.run("status", "--json").stdout)
            (found,) = [c for c in answer["customers"] if c["name"] == customer]
            return {s: n for s, n in found["states"].items() if n}

        self.until_passing(lambda: states() == want, f"{customer} never was {want}", step="1m",
                           at_most="2h")

    # The reader's part.

    def shown_time(self, match):
        at = datetime.datetime.fromisoformat(match[0].replace("Z", "+00:00"))
        passed = (at - self.began).total_seconds()
        shown = BEGIN + datetime.timedelta(seconds=max(0, passed) // STEP_S * STEP_S)
        return shown.strftime("%Y-%m-%dT%H:%M:%S") + re.sub(r"\d", "0", match[1] or "") + "Z"

    def type(self, command):
        """What a person sees who types it, with ids cut short and time as in the story."""
        done = subprocess.run(["sh", "-c", command], cwd=self.shop.folder, env=self.typing,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, check=False, text=True)
        text = GUID.sub(lambda m: m[0] if m[0] in KNOWN else "…", done.stdout)
        text = TIME.sub(self.shown_time, SECONDS.sub("0s ago", text))
        return text.replace(str(self.shop.folder), "/srv/autoreg")

    def play_block(self, block):
        return "".join(f"$ {m['command']}\n{self.type(m['command'])}" for m in TYPED.finditer(block))

    def play(self, name, text):
        """The text of a story with the outputs as they are."""
        getattr(self, f"stage_{name}")()

        def step(match):
            if match["block"] is not None:
                return f"```console\n{self.play_block(match['block'])}```"
            for line in match["meanwhile"].splitlines():
                word, *arguments = line.split()
                getattr(self, f"meanwhile_{word}")(*arguments)
            return match[0]

        return STEP.sub(step, text)

    def test_outputs_are_real(self):
        played = 0
        for path in FILES:
            for region in REGION.finditer(path.read_text(encoding="utf-8")):
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

        path.write_text(REGION.sub(played, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(sys.argv[2:])
    else:
        unittest.main()
