# SPDX-License-Identifier: Apache-2.0
"""A place where an agent works: configuration, secrets, state and spool in a temporary folder.

    with Workshop(sim.url) as shop:
        serials = shop.drop("contoso", devices=10)
        agent = shop.start()
        ...
        shop.stop(agent)
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import harness
from harness import make_list

STOP_S = 60
TAG = "Microsoft365Managed_Autopilot"
TENANTS = {
    "contoso": "22222222-2222-4222-8222-222222222222",
    "fabrikam": "33333333-3333-4333-8333-333333333333",
    "adatum": "44444444-4444-4444-8444-444444444444",
    "proseware": "55555555-5555-4555-8555-555555555555",
    "tailspin": "66666666-6666-4666-8666-666666666666",
    "wingtip": "77777777-7777-4777-8777-777777777777",
}


class Workshop:
    """sections: replace those of the configuration, or are added to it."""

    def __init__(self, url, customers=None, **sections):
        self._folder = tempfile.TemporaryDirectory(prefix="autoreg-shop-")
        self.folder = pathlib.Path(self._folder.name)
        self.state = self.folder / "state"
        self.spool = self.folder / "spool"
        self.config = self.folder / "autoreg.yaml"
        self._log = self.folder / "log"
        self._made = 0  # devices, so that no two are the same
        self._agents = []
        for name in ("secret", "seed"):
            path = self.folder / name
            path.write_text(name + "\n", encoding="ascii")
            path.chmod(0o600)
        self.settings = {
            "version": 1,
            "state": str(self.state),
            "spool": str(self.spool),
            "control": str(self.folder / "control.sock"),
            "listen": "off",
            "clouds": {"lab": {"login": url, "partner_center": url, "graph": url}},
            "partners": {
                "northwind": {
                    "cloud": "lab",
                    "tenant": "11111111-1111-4111-8111-111111111111",
                    "client_id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
                    "auth": {
                        "method": "refresh_token",
                        "client_secret": {"file": "secret"},
                        "refresh_token": {"file": "seed"},
                    },
                }
            },
            "customers": customers or {n: self.customer(n) for n in ("contoso", "fabrikam")},
            "poll": {"first": "50ms", "max": "200ms"},
            "retry": {"base": "20ms", "max": "1s"},
        }
        self.settings.update(sections)
        self.write_config()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for agent in self._agents:
            if agent.poll() is None:
                agent.kill()
                agent.wait()
        self._folder.cleanup()

    @staticmethod
    def customer(name, **more):
        return {
            "tenant": TENANTS[name],
            "domain": f"{name}.onmicrosoft.com",
            "via": "partner/northwind",
            "group_tag": TAG,
            **more,
        }

    @staticmethod
    def tenant(customer):
        return TENANTS[customer]

    def write_config(self):
        self.config.write_text(json.dumps(self.settings, indent=1), encoding="utf-8")

    def make_list(self, name, devices, format_name="autopilotinfo", **dialect):
        """Writes a list of new devices. Its path, and the serial numbers in it."""
        made = [make_list.device(self._made + n) for n in range(devices)]
        self._made += devices
        path = self.folder / name
        path.write_bytes(make_list.list_of(format_name, made, **dialect))
        return path, [device.serial for device in made]

    def drop(self, customer, devices, name="list.csv", **options):
        """Puts a list into the spool, as a person does. Its serial numbers."""
        path, serials = self.make_list(name, devices, **options)
        folder = self.spool / customer
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(path, folder / name)
        return serials

    def reports(self, customer, suffix):
        return sorted((self.spool / customer / "reports").glob("*" + suffix))

    def start(self, program=harness.PROGRAM, *arguments, **environment):
        with open(self._log, "ab") as log:
            agent = subprocess.Popen(
                [program, "--config", str(self.config), "-v", "run", *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **environment})
        self._agents.append(agent)
        return agent

    def stop(self, agent):
        """Ends an agent that may have ended already. Its exit status."""
        if agent.poll() is None:
            agent.send_signal(signal.SIGTERM)
        return agent.wait(STOP_S)

    def run(self, *arguments, **options):
        """A command to its end: completed process with text."""
        return subprocess.run(
            [harness.PROGRAM, "--config", str(self.config), *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
            **options)

    def api(self, method, target):
        """The running agent's answer to a request: its status, and what stands in it."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(STOP_S)
            s.connect(self.settings["control"])
            s.sendall(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                      "Connection: close\r\n\r\n".encode())
            response = http.client.HTTPResponse(s, method=method)
            response.begin()
            return response.status, json.loads(response.read())

    def log(self):
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
