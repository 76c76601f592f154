# SPDX-License-Identifier: Apache-2.0
"""What the tests of the simulator share: a client, the ids it uses, and scenarios."""

import base64
import hashlib
import http.client
import json
import re
import unittest
import urllib.parse
import uuid

from simulator import Simulator

PARTNER = "11111111-1111-4111-8111-111111111111"
CONTOSO = "22222222-2222-4222-8222-222222222222"
FABRIKAM = "33333333-3333-4333-8333-333333333333"
CLIENT = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HASH = "T0GkAAEA"
BOM = b"\xef\xbb\xbf"
PLAIN = {"bom": "never", "times": "plain", "members": "documented", "extra_members": False}
AT_ONCE = {"time": "0ms", "failed_status": "finished_with_errors"}
APP = {"tenant": PARTNER, "client_id": CLIENT, "secret": "s3cret", "refresh_tokens": ["seed"]}
CUSTOMERS = {"contoso": {"tenant": CONTOSO, "domain": "contoso.onmicrosoft.com"},
             "fabrikam": {"tenant": FABRIKAM}}
TIMEOUT_S = 30


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body.removeprefix(BOM))


def device(serial="SN-1", **members):
    return {"serialNumber": serial, "hardwareHash": base64.b64encode(
        b"OA" + hashlib.sha256(serial.encode()).digest()).decode(), **members}


class Client:
    """A careful client: one connection for each request, ids as they should be."""

    def __init__(self, sim):
        self.sim = sim
        self.bearer = None

    def connect(self):
        if self.sim.ca:
            return http.client.HTTPSConnection("127.0.0.1", self.sim.port, timeout=TIMEOUT_S,
                                               context=self.sim.tls_context())
        return http.client.HTTPConnection("127.0.0.1", self.sim.port, timeout=TIMEOUT_S)

    def send(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def token(self, version="/v2.0", tenant=PARTNER, content_type=None, **fields):
        form = {"client_id": CLIENT, "client_secret": "s3cret", "grant_type": "refresh_token",
                "refresh_token": "seed"}
        if version:
            form["scope"] = "https://api.partnercenter.microsoft.com/user_impersonation " \
                            "offline_access"
        else:
            form["resource"] = "https://api.partnercenter.microsoft.com"
        form.update(fields)
        form = {k: v for k, v in form.items() if v is not None}
        return self.send("POST", f"/{tenant}/oauth2{version}/token", urllib.parse.urlencode(form),
                         {"Content-Type": content_type or "application/x-www-form-urlencoded"})

    def app_token(self, **fields):
        return self.token(grant_type="client_credentials", refresh_token=None,
                          scope="https://api.partnercenter.microsoft.com/.default", **fields)

    def sign_in(self, answer=None):
        self.bearer = (answer or self.token()).json()["access_token"]
        return self

    def call(self, method, path, body=None, headers=None):
        sent = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4()),
                "Accept": "application/json"}
        if self.bearer:
            sent["Authorization"] = "Bearer " + self.bearer
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        sent.update(headers or {})
        sent = {k: v for k, v in sent.items() if v is not None}
        return self.send(method, "/v1" + path, body, sent)

    def create(self, devices, batch="B", customer=CONTOSO, **options):
        return self.call("POST", f"/customers/{customer}/deviceBatches",
                         {"batchId": batch, "devices": devices}, **options)

    def append(self, devices, batch="B", customer=CONTOSO, **options):
        return self.call("POST", f"/customers/{customer}/deviceBatches/{batch}/devices", devices,
                         **options)

    def status(self, accepted, **options):
        return self.call("GET", accepted.headers["Location"], **options)

    def entries(self, accepted):
        return self.status(accepted).json()["devicesStatus"]

    def settled(self, accepted):
        """The status once the job has ended, however long that takes."""
        while True:
            status = self.status(accepted).json()
            if status["status"].startswith("finished"):
                return status

    def listed(self, batch="B", customer=CONTOSO, **options):
        return self.call("GET", f"/customers/{customer}/deviceBatches/{batch}/devices", **options)

    def customer(self, customer=CONTOSO):
        return self.call("GET", f"/customers/{customer}")


class Case(unittest.TestCase):
    maxDiff = None

    def simulate(self, scenario=None, signed_in=True, **options):
        sim = Simulator(scenario, **options).start()
        self.addCleanup(sim.stop)
        client = Client(sim)
        return sim, client.sign_in() if signed_in else client

    def assert_kinds(self, sim, *kinds):
        self.assertEqual([v["kind"] for v in sim.violations()], list(kinds))

    def assert_error(self, answer, status, code):
        self.assertEqual((answer.status, answer.json()["code"]), (status, code))
