# SPDX-License-Identifier: Apache-2.0
"""The simulator for tests: started on a free port, gone with the block that it is used in.

    with Simulator({"jobs": {"time": "0ms"}}) as sim:
        ...  # the program under test talks to sim.url
        assert not sim.violations()
"""

import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request

PROGRAM = os.path.abspath(os.environ["AUTOREG_SIMULATOR"])
STOP_S = 30


class SimulatorError(Exception):
    """It did not start, did not end well, or refused what it was told."""


class Simulator:
    """scenario: a dict or the text of a scenario file. ca: path of its CA when tls is set."""

    def __init__(self, scenario=None, tls=False, seed=1, options=()):
        self._folder = tempfile.TemporaryDirectory(prefix="autoreg-simulator-")
        self.folder = pathlib.Path(self._folder.name)
        self.record = self.folder / "record.ndjson"
        self.ca = self.folder / "ca.pem" if tls else None
        self._args = [PROGRAM, "--until-eof", "--seed", str(seed), "--record", str(self.record)]
        if scenario is not None:
            text = scenario if isinstance(scenario, str) else json.dumps(scenario)
            (self.folder / "scenario.yaml").write_text(text, encoding="utf-8")
            self._args += ["--scenario", str(self.folder / "scenario.yaml")]
        if tls:
            self._args += ["--tls", "--tls-ca-out", str(self.ca)]
        self._args += options
        self._process = None
        self.url = None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        self.stop()

    def start(self):
        # Errors go to a file: a pipe that nobody reads can fill up.
        with open(self.folder / "stderr", "wb") as stderr:
            self._process = subprocess.Popen(self._args, stdin=subprocess.PIPE, stderr=stderr,
                                             stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line.startswith("listening on "):
            self._process.wait(STOP_S)
            errors = self.errors()
            self._clean_up()
            raise SimulatorError(errors)
        self.url = line.split()[-1]
        return self

    def stop(self):
        """Ends it; an end that is not clean, such as a leak, is an error."""
        if self._process is None:
            return
        self._process.stdin.close()
        code = self._process.wait(STOP_S)
        errors = self.errors()
        self._clean_up()
        if code != 0 or errors:
            raise SimulatorError(f"exit {code}: {errors}")

    def _clean_up(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process = None
        self._folder.cleanup()

    def errors(self):
        return (self.folder / "stderr").read_text(encoding="utf-8")

    @property
    def pid(self):
        return self._process.pid

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def tls_context(self):
        """What a client needs to trust it; None without TLS."""
        return ssl.create_default_context(cafile=str(self.ca)) if self.ca else None

    def control(self, name, body=None):
        """A request to /_simulator/: the JSON of its answer, None if it has none."""
        data = None if body is None else body.encode()
        request = urllib.request.Request(f"{self.url}/_simulator/{name}", data=data,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=self.tls_context(), timeout=STOP_S) as r:
                text = r.read()
        except urllib.error.HTTPError as e:
            with e:
                raise SimulatorError(json.load(e)["error"]) from None
        return json.loads(text) if text else None

    def books(self):
        """What the service knows: {"customers": [...], "access_tokens": n, "refresh_tokens": []}"""
        return self.control("books")

    def customer(self, name):
        """The books of one customer, by name or tenant."""
        for customer in self.books()["customers"]:
            if name in (customer["name"], customer["tenant"]):
                return customer
        raise KeyError(name)

    def violations(self):
        """[{"request": n, "kind": word, "text": ...}]"""
        return self.control("violations")["violations"]

    def counters(self):
        """{"connections": n, "requests": {operation: n}}"""
        return self.control("requests")

    def requests(self, operation=None):
        """The record: all requests but those to /_simulator/, or those of one operation."""
        lines = self.record.read_text(encoding="utf-8").splitlines()
        return [r for r in map(json.loads, lines) if operation in (None, r["operation"])]

    def post_consent(self, customer, state):
        """state: reseller, none, or another word for a relationship."""
        self.control("consent", json.dumps({"customer": customer, "state": state}))

    def decide_sign_in(self, user_code, then):
        """What the person does who was shown the code: approve, decline, expire or block."""
        self.control("sign_in", json.dumps({"user_code": user_code, "then": then}))

    def post_scenario(self, scenario):
        """Replaces the scenario; what the service knows stays."""
        self.control("scenario",
                     scenario if isinstance(scenario, str) else json.dumps(scenario))
