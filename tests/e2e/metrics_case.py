# SPDX-License-Identifier: Apache-2.0
"""What the tests share that look at an agent from where Prometheus does."""

import http.client
import json
import subprocess

import agent_case
import metrics_text

OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"


class Case(agent_case.Case):
    def open_with_metrics(self, **options):
        self.port = agent_case.free_port()
        self.open(listen=f"127.0.0.1:{self.port}", **options)
        return self.start()

    def open_with_certificate(self):
        """Its application has a certificate, so that no metric is without samples."""
        self.port = agent_case.free_port()
        self.open(listen=f"127.0.0.1:{self.port}")
        key, certificate = self.shop.folder / "app.key", self.shop.folder / "app.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                        "/CN=app", "-days", "30", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        key.chmod(0o600)
        auth = self.shop.settings["partners"]["northwind"]["auth"]
        del auth["client_secret"]
        auth["certificate"] = {"file": str(certificate)}
        auth["private_key"] = {"file": str(key)}
        self.shop.write_config()
        return self.start()

    def get(self, target, accept=None):
        """Status, content type and text."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=agent_case.WAIT_S)
        link.request("GET", target, headers={"Accept": accept} if accept else {})
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return answer.status, answer.headers["Content-Type"], text

    def fetch(self, accept=None):
        """The content type and the text of the metrics."""
        status, kind, text = self.get("/metrics", accept)
        self.assertEqual(status, 200, text)
        return kind, text

    def samples(self):
        return metrics_text.samples(metrics_text.parse(self.fetch()[1]))

    def ready(self):
        """Status, and the checks by their name."""
        status, kind, text = self.get("/readyz")
        self.assertEqual(kind, "application/json")
        answer = json.loads(text)
        self.assertEqual(answer["ready"], status == 200)
        return status, {check.pop("name"): check for check in answer["checks"]}
