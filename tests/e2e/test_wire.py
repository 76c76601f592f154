# SPDX-License-Identifier: Apache-2.0
"""docs/wire.md names every request that is sent, and none that is not.

    test_wire.py --write       writes the paths that are answered into it
"""

import pathlib
import re
import sys
import unittest

from agent_case import Case, free_port
from workshop import Workshop

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "wire.md"
WIRE = PAGE.read_text(encoding="utf-8")
PATHS = re.compile(r"(?<=<!-- paths -->\n).*?(?=<!-- end of paths -->)", re.DOTALL)
ROUTE = re.compile(r"\{ HTTP_VERB_(\w+), \"([^\"]+)\",\s+(NULL|\"[^\"]*\")")
REQUEST = re.compile(r"^\| `(GET|POST) (/[^`]*)` \|", re.MULTILINE)
PARTNER = "11111111-1111-4111-8111-111111111111"
CLIENT = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"


def section(title):
    return re.search(rf"^##+ {title}\n(.*?)(?=^## |\Z)", WIRE, re.MULTILINE | re.DOTALL)[1]


def pattern_of(path):
    """Tenants are ids, so that no other word passes for one."""
    return re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{(tenant|customer)\}", "[0-9a-fA-F-]{36}", path))


def paths():
    """The routes of the server, as a table."""
    source = (ROOT / "agent" / "server" / "api.c").read_text(encoding="utf-8")
    rows = ["| path | parameters |", "| --- | --- |"]
    for verb, path, parameters in ROUTE.findall(source):
        words = [] if parameters == "NULL" else parameters.strip('"').split()
        rows.append(f"| `{verb} {path}` | {', '.join(f'`{w}`' for w in words)} |")
    return "\n".join(rows) + "\n"


class Wire(Case):
    def open_all(self):
        """A partner at each token endpoint, and a maker whose token has to be fetched."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"

        def partner(**auth):
            return {"cloud": "lab", "tenant": PARTNER, "client_id": CLIENT,
                    "auth": {"client_secret": {"file": "secret"}, **auth}}

        self.open({"apps": [{"tenant": PARTNER, "client_id": CLIENT, "secret": "secret",
                             "refresh_tokens": ["seed"],
                             "sign_ins": [{"after": "0s", "then": "approve"}]}],
                   "faults": [{"on": "append", "nth": 1, "then": {"cut": "after"}}],
                   "maker": {"client_id": "line-7", "client_secret": "secret"}},
                  {"contoso": Workshop.customer("contoso"),
                   "fabrikam": Workshop.customer("fabrikam", via="partner/southwind"),
                   "adatum": Workshop.customer("adatum", via="oem/fabrikam")},
                  ["--port", str(port)],
                  partners={"northwind": partner(method="refresh_token"),
                            "southwind": partner(method="client_credentials", endpoint="v1")},
                  oems={"fabrikam": {"base_url": url, "flush": {"after": "1s"}, "auth": {
                      "method": "oauth2_client_credentials", "token_url": f"{url}/v1/token",
                      "client_id": "line-7", "client_secret": {"file": "secret"}}}},
                  batch={"max_devices": 2})

    def run_all(self):
        """What a partner, an operator and a line may do in a day."""
        agent = self.start()
        for arguments in (["login", "northwind"], ["consent", "link", "contoso"],
                          ["consent", "list", "--discover"]):
            done = self.shop.run(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
        for customer in ("contoso", "fabrikam"):
            self.shop.drop(customer, 5)
            self.until_reported(customer, 1)
        done = self.shop.run("unit", "--customer", "adatum", "--serial", "FB-1", "--manufacturer",
                             "Fabrikam", "--model", "Slate 7")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.shop.run("gate", "--wait", "30s", "FB-1")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.stop(agent)

    def test_record(self):
        self.open_all()
        self.run_all()
        sent = self.sim.requests()
        told = {f"{verb} {path}": re.compile(f"{verb} {pattern_of(path)}")
                for verb, path in REQUEST.findall(section("Requests that leave"))}
        seen = set()
        for request in sent:
            line = f"{request['method']} {request['path']}"
            found = {name for name, pattern in told.items() if pattern.fullmatch(line)}
            self.assertTrue(found, f"docs/wire.md does not tell of {line}")
            seen |= found
        self.assertEqual(set(told), seen)

        headers = {h.lower() for h in re.findall(r"`([A-Z][\w-]+)`", section("Requests that leave"))}
        for request in sent:
            self.assertLessEqual({name.lower() for name in request["headers"]}, headers)

    def test_paths(self):
        self.assertEqual(PATHS.search(WIRE)[0], paths())


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(PATHS.sub(lambda _: paths(), WIRE), encoding="utf-8")
    else:
        unittest.main()
