# SPDX-License-Identifier: Apache-2.0
"""The configuration: checked by us and by its own JSON Schema, shown, begun."""

import json
import pathlib
import re
import subprocess
import sys
import unittest

import jsonschema
import yaml

import harness

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIXTURES = sorted((ROOT / "tests/data/config").glob("*.yaml"))


class Core(yaml.SafeLoader):
    """YAML as editors read it, by the core schema of YAML 1.2: yes is a text."""

    yaml_implicit_resolvers = {}


for tag, pattern, first in (
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", r"[-+]?[0-9]+", list("-+0123456789")),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789"))):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def expectation(text):
    """("good" | "refused" | "only autoreg refuses", errors as "LINE:COLUMN MESSAGE; …")."""
    word, _, errors = text.split("\n")[0].removeprefix("# ").partition(": ")
    return word, errors


class Fixtures(harness.Case):
    def test_both_agree(self):
        schema = json.loads(harness.run(["config", "schema"]).out)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        self.assertGreater(len(FIXTURES), 40)
        for path in (*FIXTURES, ROOT / "docs/autoreg.example.yaml"):
            with self.subTest(path.name):
                text = path.read_text(encoding="utf-8")
                word, errors = expectation(text)
                if path not in FIXTURES:
                    word, errors = "good", ""
                result = harness.run(["--config", path, "config", "check", "--json"])
                document = json.loads(result.out)
                self.assertEqual((result.code, result.err), (78 if errors else 0, ""))
                self.assertEqual("; ".join("{line}:{column} {message}".format(**e)
                                           for e in document["errors"]), errors)
                self.assertTrue(all(e["advice"] and e["file"] == str(path)
                                    for e in document["errors"]))
                self.assertEqual(validator.is_valid(yaml.load(text, Core)), word != "refused")

    def test_what_is_shown_is_valid(self):
        schema = json.loads(harness.run(["config", "schema"]).out)
        args = ["--config", ROOT / "tests/data/config/full.yaml", "config", "show"]
        as_yaml = yaml.load(harness.run(args).out, Core)
        jsonschema.Draft202012Validator(schema).validate(as_yaml)
        self.assertEqual(json.loads(harness.run([*args, "--json"]).out), as_yaml)
        self.assertEqual(as_yaml["customers"]["contoso"]["columns"], {"serial": "Asset S/N"})
        self.assertEqual(as_yaml["partners"]["northwind"]["auth"]["client_secret"],
                         {"credential": "northwind-secret"})


class Documents(harness.Case):
    def test_example(self):
        text = self.autoreg("config", "init").out
        self.assertEqual((ROOT / "docs/autoreg.example.yaml").read_text(encoding="utf-8"), text)
        self.write("a.yaml", text)
        self.assertEqual(self.autoreg("--config", "a.yaml", "config", "check"),
                         (0, "a.yaml: ok\n", ""))

    def test_example_with_every_key(self):
        """What is behind a # is known, and wrong only where keys exclude each other."""
        lines = self.autoreg("config", "init").out.splitlines(keepends=True)
        margin = re.compile(r"(?:  |#(?=#|  |[a-z_]))*")
        self.write("a.yaml", "".join(margin.sub(lambda m: m[0].replace("#", ""), line, count=1)
                                     for line in lines))
        result = self.autoreg("--config", "a.yaml", "config", "check", "--json")
        messages = [e["message"] for e in json.loads(result.out)["errors"]]
        self.assertTrue(messages)
        for message in messages:
            self.assertRegex(message, "does not go with|are both there|No such file")

    def test_key_list(self):
        made = subprocess.run([sys.executable, ROOT / "tests/tools/config_manual.py"],
                              input=self.autoreg("config", "schema").out, capture_output=True,
                              text=True, check=True).stdout
        self.assertEqual((ROOT / "docs/autoreg.yaml.md").read_text(encoding="utf-8"), made)


class Errors(harness.Case):
    def test_text(self):
        self.write("a.yaml", "version: 1\nspol: /x\nstate:\n")
        out = ("a.yaml:2:1: error: unknown key \"spol\" in the file; did you mean \"spool\"?\n"
               "    Known: version, state, spool, seal_key, listen, server, control, http, clouds, partners, "
               "oems, customers, batch, poll, retry, claims, consent, login, hooks, images. "
               "Notes may stand under keys that begin with x-.\n"
               "a.yaml:3:7: error: state: there is no value\n"
               "    Give it one, or remove the key.\n")
        self.assertEqual(self.autoreg("--config", "a.yaml", "config", "check"), (78, out, ""))
        self.assertEqual(self.autoreg("--config", "a.yaml", "config", "show"), (78, "", out))

    def test_show_json(self):
        self.write("a.yaml", "version: 2\n")
        result = self.autoreg("--config", "a.yaml", "config", "show", "--json")
        self.assertEqual(result.code, 78)
        self.assertEqual(json.loads(result.out), {"file": "a.yaml", "errors": [
            {"file": "a.yaml", "line": 1, "column": 10, "message": "version: \"2\" is out of range",
             "advice": "Write 1."}],
            "error": {"code": "configuration", "message": "version: \"2\" is out of range",
                      "advice": "Write 1."}})

    def test_good_json(self):
        self.write("a.yaml", "version: 1\n")
        result = self.autoreg("config", "check", "--json", env={"AUTOREG_CONFIG": "a.yaml"})
        self.assertEqual((result.code, json.loads(result.out)),
                         (0, {"file": "a.yaml", "errors": []}))

    def test_no_file(self):
        advice = "Name another with --config, or begin with what 'autoreg config init' prints."
        self.assertEqual(self.autoreg("--config", "a.yaml", "config", "check"),
                         (78, f"a.yaml: error: No such file or directory\n    {advice}\n", ""))
        result = self.autoreg("--config", "a.yaml", "config", "check", "--json")
        self.assertEqual(json.loads(result.out)["errors"], [
            {"file": "a.yaml", "line": None, "column": None, "advice": advice,
             "message": "No such file or directory"}])

    def test_many(self):
        self.write("a.yaml", "version: 1\n" + "".join(f"bogus{n}: 1\n" for n in range(60)))
        result = self.autoreg("--config", "a.yaml", "config", "check")
        self.assertEqual(result.out.count(": error: "), 50)
        self.assertTrue(result.out.endswith("a.yaml: 10 more errors behind these\n"))

    def test_secret_is_not_repeated(self):
        path = ROOT / "tests/data/config/refused-inline-secret.yaml"
        self.assertIn("hunter2", path.read_text(encoding="utf-8"))
        for args in ([], ["--json"], ["-vv"]):
            result = harness.run(["--config", path, "config", "check", *args])
            self.assertNotIn("hunter2", result.out + result.err)

    def test_words_cannot_drive_a_terminal(self):
        self.write("a.yaml", 'version: 1\n"\\e[2Jx": 1\nx-: 1\nstate: "/\u202ex"\n')
        self.assertNotRegex(self.autoreg("--config", "a.yaml", "config", "check").out,
                            "[\x1b\u202e]")
        self.write("a.yaml", 'version: 1\nstate: "/\u202ex"\n')
        self.assertIn("/?x", self.autoreg("--config", "a.yaml", "config", "show").out)

    def test_usage(self):
        for args, message in (
                (["config"], "config needs check|show|schema|init"),
                (["config", "chekc"], "config cannot chekc; did you mean check?"),
                (["config", "frobnicate"], "config cannot frobnicate"),
                (["config", "init", "--json"], "config init writes YAML, not JSON"),
                (["config", "show", "--online"], "--online is for config check")):
            with self.subTest(args):
                result = self.autoreg(*args)
                self.assertEqual(result.code, 2)
                self.assertEqual(result.err,
                                 f"autoreg: {message}\nTry 'autoreg help config'.\n")


if __name__ == "__main__":
    unittest.main()
