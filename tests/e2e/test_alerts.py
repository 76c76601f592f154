# SPDX-License-Identifier: Apache-2.0
"""What we ship for Prometheus and Grafana: it works, and is about metrics that there are."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import metrics_case
import metrics_text

PACKAGING = pathlib.Path(__file__).parents[2] / "packaging"
RULES = PACKAGING / "prometheus"
DASHBOARD = PACKAGING / "grafana" / "autoreg.json"
DOCS = pathlib.Path(__file__).parents[2] / "docs"
OPERATIONS = DOCS / "operations.md"
PROMTOOL = shutil.which("promtool")
ROWS = ["Intake", "Queue", "API", "Tokens", "Store and loop"]

# A name that is followed by neither "(" nor "=" nor "~": functions and labels are.
METRIC = re.compile(r"\b(?:autoreg|process)[a-z0-9_:]*\b(?!\s*(?:\(|=|!|~))")
MATCHER = re.compile(r'([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


def read(name):
    return yaml.safe_load((RULES / name).read_text(encoding="utf-8"))


def rules(name):
    return [rule for group in read(name)["groups"] for rule in group["rules"]]


def dashboard_expressions():
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    found = [t["expr"] for panel in board["panels"] for t in panel.get("targets", ())]
    found += [v["definition"] for v in board["templating"]["list"] if "definition" in v]
    return found + [a["expr"] for a in board["annotations"]["list"]]


def metrics_of(expression):
    return set(METRIC.findall(re.sub(r'"[^"]*"', '""', expression)))


class Alerts(metrics_case.Case):
    def promtool(self, *arguments):
        done = subprocess.run([PROMTOOL, *arguments], cwd=RULES, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(PROMTOOL, "promtool is not installed (package prometheus)")
    def test_promtool_reads_the_rules(self):
        self.promtool("check", "rules", "autoreg.rules.yml", "alerts.yml")

    @unittest.skipUnless(PROMTOOL, "promtool is not installed (package prometheus)")
    def test_promtool_reads_what_the_pages_show(self):
        shown = [block for page in sorted(DOCS.rglob("*.md"))
                 for block in re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"),
                                         re.MULTILINE | re.DOTALL) if "scrape_configs:" in block]
        self.assertEqual(len(shown), 2)
        for block in shown:
            with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
                file.write(block)
                file.flush()
                self.promtool("check", "config", "--syntax-only", file.name)

    @unittest.skipUnless(PROMTOOL, "promtool is not installed (package prometheus)")
    def test_each_alert_does_what_it_should(self):
        self.promtool("test", "rules", "alerts_test.yml")

    def test_each_alert_has_its_tests(self):
        fires, quiet = set(), set()
        for test in read("alerts_test.yml")["tests"]:
            for case in test["alert_rule_test"]:
                (fires if case["exp_alerts"] else quiet).add(case["alertname"])
        alerts = {rule["alert"] for rule in rules("alerts.yml")}
        self.assertEqual(alerts, fires)
        self.assertEqual(alerts, quiet)

    def test_each_alert_says_what_to_do(self):
        for rule in rules("alerts.yml"):
            with self.subTest(rule["alert"]):
                anchor = rule["alert"].lower()
                self.assertEqual(rule["annotations"]["runbook"], f"docs/operations.md#{anchor}")
                self.assertEqual(set(rule["annotations"]), {"summary", "description", "runbook"})
                self.assertIn(rule["labels"]["severity"], ("page", "ticket"))

    @unittest.skipUnless(OPERATIONS.exists(), "docs/operations.md is not written yet")
    def test_each_alert_has_its_page(self):
        text = OPERATIONS.read_text(encoding="utf-8")
        headings = {line.lstrip("# ").strip().lower() for line in text.splitlines()
                    if line.startswith("#")}
        anchors = headings | set(re.findall(r'id="([^"]+)"', text))
        self.assertLessEqual({rule["alert"].lower() for rule in rules("alerts.yml")}, anchors)

    def test_the_dashboard_has_its_rows_and_variables(self):
        board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
        self.assertEqual([p["title"] for p in board["panels"] if p["type"] == "row"], ROWS)
        self.assertEqual([v["name"] for v in board["templating"]["list"]],
                         ["datasource", "instance", "customer"])
        ids = [p["id"] for p in board["panels"]]
        self.assertEqual(len(set(ids)), len(ids))

    def test_they_are_about_metrics_that_there_are(self):
        agent = self.open_with_certificate()
        families = metrics_text.parse(self.fetch()[1])
        self.stop(agent)
        recorded = rules("autoreg.rules.yml")
        known = metrics_text.names(families) | {rule["record"] for rule in recorded}
        used = [r["expr"] for r in recorded + rules("alerts.yml")] + dashboard_expressions()
        series = [s["series"] for test in read("alerts_test.yml")["tests"]
                  for s in test["input_series"]]
        for expression in used + series:
            with self.subTest(expression):
                self.assertLessEqual(metrics_of(expression), known)
        self.assertIn("autoreg_claims", metrics_of("autoreg_claims - autoreg_claims offset 1d"))

    def test_labels_have_words_that_there_are(self):
        """reason="thirsty" would never fire."""
        agent = self.open_with_certificate()
        families = metrics_text.parse(self.fetch()[1])
        self.stop(agent)
        words = {(s.name, k, v) for f in families.values() for s in f.samples
                 for k, v in s.labels.items()}
        for rule in rules("alerts.yml") + rules("autoreg.rules.yml"):
            for name, matchers in re.findall(r"(autoreg_[a-z_]+)\{([^}]*)\}", rule["expr"]):
                for label, _, value in MATCHER.findall(matchers):
                    for word in value.split("|"):
                        self.assertIn((name, label, word), words)


if __name__ == "__main__":
    unittest.main()
