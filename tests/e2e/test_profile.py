# SPDX-License-Identifier: Apache-2.0
"""Profiles of makers' services: checked by us and by their own JSON Schema, tried, and the guide."""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

import jsonschema
import yaml

import harness
from test_config import Core, expectation

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIXTURES = sorted((ROOT / "tests/data/profile").glob("*.yaml"))
REFERENCE = (ROOT / "config/reference-v1.yaml").read_text(encoding="utf-8")
GUIDE = ROOT / "docs/oem-profile.md"


class Check(harness.Case):
    def test_both_agree(self):
        schema = json.loads(harness.run(["profile", "schema"]).out)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        self.assertGreater(len(FIXTURES), 50)
        for path in FIXTURES:
            with self.subTest(path.name):
                text = path.read_text(encoding="utf-8")
                word, errors = expectation(text)
                result = harness.run(["profile", "check", path, "--json"])
                document = json.loads(result.out)
                self.assertEqual((result.code, result.err), (78 if errors else 0, ""))
                self.assertEqual("; ".join("{line}:{column} {message}".format(**e)
                                           for e in document["errors"]), errors)
                self.assertTrue(all(e["advice"] and e["file"] == str(path)
                                    for e in document["errors"]))
                self.assertEqual(validator.is_valid(yaml.load(text, Core)), word != "refused")
        validator.validate(yaml.load(REFERENCE, Core))

    def test_text(self):
        self.assertEqual(self.autoreg("profile", "check", "reference-v1"),
                         (0, "reference-v1: ok\n", ""))
        self.write("p.yaml", REFERENCE.replace("identity: prefer_pkid", "identity: pkdi"))
        out = ("p.yaml:9:11: error: identity: \"pkdi\" is unknown; did you mean \"pkid\"?\n"
               "    Known: pkid, tuple, prefer_pkid, prefer_tuple, both.\n")
        self.assertEqual(self.autoreg("profile", "check", "p.yaml"), (78, out, ""))
        self.assertEqual(self.autoreg("profile", "test", "p.yaml"), (78, "", out))

    def test_no_file(self):
        self.assertEqual(
            self.autoreg("profile", "check", "p.yaml"),
            (78, "p.yaml: error: No such file or directory\n    Begin with what 'autoreg profile "
                 "show reference-v1' prints, or name that.\n", ""))

    def test_what_is_built_in(self):
        self.assertEqual(self.autoreg("profile", "show", "reference-v1"), (0, REFERENCE, ""))
        result = self.autoreg("profile", "show", "reference-v2")
        self.assertEqual((result.code, result.out), (6, ""))

    def test_usage(self):
        for args, message in (
                (["profile"], "profile needs check|test|show|schema [FILE]"),
                (["profile", "chekc"], "profile cannot chekc; did you mean check?"),
                (["profile", "frobnicate"], "profile cannot frobnicate"),
                (["profile", "check"], "profile check needs a FILE"),
                (["profile", "show"], "profile show needs a NAME"),
                (["profile", "schema", "x"], "profile schema takes nothing more"),
                (["profile", "show", "reference-v1", "--json"],
                 "profile show prints YAML, not JSON"),
                (["profile", "check", "reference-v1", "--serial", "x"],
                 "a device is described with profile test only"),
                (["profile", "test", "reference-v1", "--product-id", "", "--model", ""],
                 "such a device is not sent: the service wants the product key id, or serial "
                 "number, manufacturer and model"),
                (["profile", "test", "reference-v1", "--product-id", "12345678901234"],
                 "such a device is not sent: productKeyId is longer than the 13 characters that "
                 "the service takes")):
            with self.subTest(args):
                result = self.autoreg(*args)
                self.assertEqual(result.code, 2)
                self.assertEqual(result.err,
                                 f"autoreg: {message}\nTry 'autoreg help profile'.\n")


class Configuration(harness.Case):
    def check(self, profile, auth):
        self.write("p.yaml", profile)
        self.write("a.yaml", "version: 1\noems:\n  fabrikam:\n    base_url: https://oem.example\n"
                             f"    profile: ./p.yaml\n    auth: {{{auth}, token: {{env: T}}}}\n")
        return self.autoreg("--config", "a.yaml", "config", "check")

    def test_problems_of_a_profile(self):
        self.assertEqual(self.check(REFERENCE, "method: bearer"), (0, "a.yaml: ok\n", ""))
        self.assertEqual(
            self.check(REFERENCE.replace("means: bad_input", "means: badinput", 1),
                       "method: bearer"),
            (78, "a.yaml: error: oems: ./p.yaml:51:42: means: \"badinput\" is unknown; did you mean "
                 "\"bad_input\"?\n    Known: ok, already_here, claimed_elsewhere, not_found, "
                 "bad_input, no_consent, auth, throttled, transient, directory, config, "
                 "unexpected.\n", ""))

    def test_where_a_token_goes(self):
        self.assertIn("method header, but the profile has no auth_header",
                      self.check(REFERENCE, "method: header").out)
        with_header = REFERENCE + "auth_header: X-Api-Key\n"
        self.assertIn("method bearer, but the profile has auth_header",
                      self.check(with_header, "method: bearer").out)
        self.assertEqual(self.check(with_header, "method: header").code, 0)


class Try(harness.Case):
    def requests(self, profile, *args):
        self.write("p.yaml", profile)
        result = self.autoreg("profile", "test", "p.yaml", "--json", *args)
        self.assertEqual((result.code, result.err), (0, ""))
        return {r["call"]: r for r in json.loads(result.out)["requests"]}

    def test_reference(self):
        calls = self.requests(REFERENCE, "--serial", "PF0ABCDE", "--manufacturer", "Fabrikam",
                              "--model", "F1", "--product-id", "", "--group-tag", "Tag",
                              "--order", "")
        self.assertEqual(list(calls), ["validate", "register", "status", "release"])
        tenant = {"tenantId": "22222222-2222-4222-8222-222222222222",
                  "tenantDomain": "contoso.onmicrosoft.com"}
        device = {"ref": "1", "serialNumber": "PF0ABCDE", "manufacturer": "Fabrikam",
                  "model": "F1", "groupTag": "Tag"}
        self.assertEqual(calls["validate"]["body"], tenant)
        self.assertEqual(calls["register"]["body"], {**tenant, "devices": [device]})
        self.assertEqual(calls["release"]["body"],
                         {"tenantId": "", "tenantDomain": "", "devices": [device]})
        self.assertEqual((calls["status"]["method"], calls["status"]["url"],
                          calls["status"]["body"]), ("GET", None, None))
        self.assertEqual({r["headers"]["Authorization"] for r in calls.values()}, {"Bearer ***"})
        self.assertIn("Idempotency-Key", calls["register"]["headers"])
        self.assertNotIn("Idempotency-Key", calls["validate"]["headers"])

    def test_another_way(self):
        calls = self.requests((ROOT / "tests/data/profile/full.yaml").read_text(encoding="utf-8")
                              .replace("ca_file: least.yaml, ", ""))
        tenant = "22222222-2222-4222-8222-222222222222"
        self.assertEqual({name: (r["method"], r["url"]) for name, r in calls.items()}, {
            "validate": ("GET", f"https://oem.example/consent/{tenant}?v=1.0"),
            "register": ("POST", "https://oem.example/1.0/devices?v=1.0"),
            "status": ("GET", "https://oem.example/jobs/"
                              "00000000-0000-4000-8000-000000000001?v=1.0"),
            "release": ("POST", "https://oem.example/gone?v=1.0")})
        self.assertEqual(calls["register"]["headers"]["X-A"], tenant)
        self.assertEqual(calls["register"]["headers"]["X-Api-Key"], "***")
        self.assertNotIn("Authorization", calls["register"]["headers"])

    def test_only_what_there_is(self):
        calls = self.requests((ROOT / "tests/data/profile/least.yaml").read_text(encoding="utf-8"))
        self.assertEqual(list(calls), ["validate", "register"])

    def test_words_cannot_drive_a_terminal(self):
        self.write("p.yaml", REFERENCE)
        result = self.autoreg("profile", "test", "p.yaml", "--order", "\x1b[2J\u202ex")
        self.assertEqual(result.code, 0)
        self.assertNotRegex(result.out, "[\x1b\u202e]")


class Documents(harness.Case):
    def test_key_list(self):
        made = subprocess.run([sys.executable, ROOT / "tests/tools/config_manual.py", "profile"],
                              input=self.autoreg("profile", "schema").out, capture_output=True,
                              text=True, check=True).stdout
        self.assertTrue(GUIDE.read_text(encoding="utf-8").endswith(made))

    def test_guide(self):
        """Its files are written and its commands run, in their order; what they print is shown."""
        text = GUIDE.read_text(encoding="utf-8")
        blocks = re.findall(r"(?:`([\w.]+)`[^\n]*:\n\n)?```(\w+)\n(.*?)```", text, re.DOTALL)
        commands = 0
        for name, language, block in blocks:
            if language == "yaml" and name:
                self.write(name, block)
            if language != "console":
                continue
            for command in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                with self.subTest(command[0]):
                    result = self.autoreg(*shlex.split(command[0])[1:])
                    shown = command[1].split("…\n")
                    self.assertTrue((result.out + result.err).startswith(shown[0]),
                                    result.out + result.err)
                    self.assertTrue(all(part in result.out + result.err for part in shown))
                    commands += 1
        self.assertGreater(commands, 3)


if __name__ == "__main__":
    unittest.main()
