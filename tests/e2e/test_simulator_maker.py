# SPDX-License-Identifier: Apache-2.0
"""The simulator as a maker's service: the reference contract, what it refuses, what it notes."""

import http.client
import json
import ssl
import unittest
import uuid

from certificates import make_certificate
from simulator import Simulator, SimulatorError
from simulator_client import CONTOSO, CUSTOMERS, FABRIKAM, TIMEOUT_S, Client

DOMAIN = "contoso.onmicrosoft.com"
AT_ONCE = {"time": "0ms"}
TRIES = 10000


def unit(n, **members):
    return {"ref": str(n), "serialNumber": f"SN-{n}", "manufacturer": "Fabrikam",
            "model": "Slate 7", **members}


class Maker(Client):
    """A client of the maker's service."""

    def __init__(self, sim, **headers):
        super().__init__(sim)
        self.headers = headers

    def post(self, path, body, **headers):
        return self.send("POST", path, json.dumps(body),
                         {"Content-Type": "application/json", **self.headers, **headers})

    def validate(self, tenant=CONTOSO, domain=DOMAIN):
        return self.post("/v1/consent/validate", {"tenantId": tenant, "tenantDomain": domain})

    def register(self, *units, tenant=CONTOSO, domain=DOMAIN, key=None, **members):
        body = {"tenantId": tenant, "tenantDomain": domain, "devices": list(units), **members}
        return self.post("/v1/registrations", body, **{"Idempotency-Key": key or str(uuid.uuid4())})

    def progress(self, accepted):
        return self.send("GET", accepted.headers["Location"], headers=self.headers).json()

    def result(self, *units, **options):
        """What becomes of units that are registered at once: (status, code, name) by reference."""
        told = self.progress(self.register(*units, **options))
        return {d["ref"]: (d["status"], d.get("errorCode"), d.get("errorName"))
                for d in told["devices"]}


OK = ("finished", None, None)


def failed(code, name):
    return ("finished_with_errors", code, name)


class Case(unittest.TestCase):
    def open(self, options=(), tls=False, **scenario):
        self.sim = self.enterContext(Simulator({"customers": CUSTOMERS, "jobs": AT_ONCE, **scenario},
                                               tls=tls, options=options))
        self.maker = Maker(self.sim)

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.json()["code"]), (status, code))

    def assert_violations(self, *kinds):
        self.assertEqual([v["kind"] for v in self.sim.violations()], list(kinds))

    def until_noted(self, request):
        """What is on its way already is no violation: it becomes one in a moment."""
        for _ in range(TRIES):
            if self.sim.violations():
                return
            request()
        self.fail("nothing is noted")

    def units(self):
        return {u["serial"]: u for u in self.sim.books()["maker"]["units"]}


class Consent(Case):
    def test_states(self):
        customers = {**CUSTOMERS, "contoso": {**CUSTOMERS["contoso"], "consent": "notGranted"}}
        self.open(customers=customers)
        self.assertEqual(self.maker.validate().json()["consent"], "notGranted")
        for state in ("granted", "revoked"):
            self.sim.post_consent("contoso", state)
            answer = self.maker.validate()
            self.assertEqual((answer.status, answer.json()["consent"]), (200, state))
            self.assertTrue(answer.headers["X-Request-Id"])

    def test_who_it_is(self):
        self.open()
        self.refused(self.maker.validate(domain="fabrikam.example"), 409, "TenantMismatch")
        self.refused(self.maker.validate(tenant=str(uuid.uuid4())), 404, "TenantUnknown")
        self.refused(self.maker.validate(tenant="me"), 400, "801")
        self.assert_violations()
        self.refused(self.maker.validate(domain=""), 400, "801")
        self.refused(self.maker.validate(tenant="", domain=""), 400, "801")
        self.assert_violations("blank-tenant", "blank-tenant")

    def test_registered_without(self):
        """Who was told yes learns of the end by the refusal; who knew, or has not asked, should not."""
        self.open()
        self.maker.validate()
        self.sim.post_consent("contoso", "revoked")
        self.refused(self.maker.register(unit(1)), 403, "ConsentRequired")
        self.assert_violations()
        self.until_noted(lambda: self.refused(self.maker.register(unit(1)), 403, "ConsentRequired"))
        self.assert_violations("registered-without-consent")
        self.sim.post_consent("fabrikam", "revoked")
        self.refused(self.maker.register(unit(1), tenant=FABRIKAM, domain="contoso.example"), 403,
                     "ConsentRequired")
        self.assert_violations(*["registered-without-consent"] * 2)

    def test_withdrawn_midway(self):
        self.open(jobs={"time": "50ms"})
        accepted = self.maker.register(unit(1))
        self.sim.post_consent("contoso", "revoked")
        told = {"status": "queued"}
        while told["status"] in ("queued", "processing"):
            told = self.maker.progress(accepted)
        self.assertEqual(told["devices"][0]["errorCode"], "ConsentRequired")


class Requests(Case):
    def test_accepted(self):
        self.open(jobs={"time": "2500ms"})
        answer = self.maker.register(unit(1, groupTag="Sales"), purchaseOrderId="4711")
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (202, "2"))
        self.assertRegex(answer.headers["Location"], r"^/v1/operations/[0-9a-f-]{36}$")
        self.assertEqual(self.maker.progress(answer)["status"], "queued")

    def test_what_is_refused(self):
        self.open()
        for body, kinds in (
                ({"devices": [unit(1)]}, []),
                ({"tenantId": CONTOSO, "tenantDomain": DOMAIN}, []),
                ({"tenantId": CONTOSO, "tenantDomain": DOMAIN, "devices": []}, []),
                ({"tenantId": CONTOSO, "tenantDomain": "", "devices": [unit(1)]},
                 ["blank-tenant"]),
                ({"tenantId": "", "tenantDomain": DOMAIN, "devices": [unit(1)]},
                 ["blank-tenant"]),
                ({"tenantId": CONTOSO, "tenantDomain": DOMAIN, "devices": [unit(1, colour="red")]},
                 ["unknown-member"]),
                ({"tenantId": CONTOSO, "tenantDomain": DOMAIN, "devices": [unit(1)], "urgent": "1"},
                 ["unknown-member"]),
                ({"tenantId": CONTOSO, "tenantDomain": DOMAIN, "devices": [unit(1, groupTag=7)]},
                 ["member-type"]),
                ({"tenantId": CONTOSO, "tenantDomain": DOMAIN, "devices": [unit(1, hardwareHash="")]},
                 ["hash-on-the-wire"]),
                ({"tenantId": CONTOSO, "tenantDomain": DOMAIN,
                  "devices": [unit(1, model="T0" + "A" * 1000)]}, ["hash-on-the-wire"]),
                ({"tenantId": CONTOSO, "tenantDomain": DOMAIN, "devices": [{"serialNumber": "1"}]},
                 []),
                ([unit(1)], [])):
            with self.subTest(body):
                seen = len(self.sim.violations())
                answer = self.maker.post("/v1/registrations", body, **{"Idempotency-Key": "k"})
                self.refused(answer, 400, "801")
                self.assertEqual([v["kind"] for v in self.sim.violations()[seen:]], kinds)

    def test_too_many(self):
        self.open()
        self.assertEqual(self.maker.register(*map(unit, range(1000))).status, 202)
        self.assert_violations()
        self.refused(self.maker.register(*map(unit, range(1001))), 422, "TooManyDevices")
        self.assert_violations("too-many-devices")
        self.refused(self.maker.register(unit(1, model="x" * (4 << 20))), 413, "TooLarge")

    def test_idempotency(self):
        self.open()
        first = self.maker.register(unit(1), key="a")
        again = self.maker.register(unit(1), key="a")
        self.assertEqual(first.headers["Location"], again.headers["Location"])
        self.assert_violations()
        self.refused(self.maker.register(unit(2), key="a"), 422, "KeyReused")
        self.assert_violations("idempotency-key-reused")
        body = {"tenantId": CONTOSO, "tenantDomain": DOMAIN, "devices": [unit(1)]}
        self.refused(self.maker.post("/v1/registrations", body), 400, "801")
        self.assertEqual(self.units()["SN-1"]["submitted"], 1)

    def test_a_lost_answer_took_effect(self):
        self.open(faults=[{"on": "register", "nth": 1, "then": {"cut": "after"}}])
        with self.assertRaises(OSError):
            self.maker.register(unit(1), key="a")
        told = self.maker.progress(self.maker.register(unit(1), key="a"))
        self.assertEqual(told["devices"][0]["status"], "finished")
        self.assertEqual(self.units()["SN-1"]["registered"], 1)

    def test_sent_again_without_asking(self):
        self.open()
        first = self.maker.register(unit(1))
        self.maker.register(unit(1))
        self.assert_violations("resent-unasked")
        self.maker.progress(first)


class Results(Case):
    def test_errors(self):
        self.open(customers={**CUSTOMERS, "contoso": {**CUSTOMERS["contoso"], "foreign": ["SN-5"]}},
                  verdicts={"SN-3": {"code": 813, "name": "ZtdDeviceIsNotUnique"},
                            "SN-4": {"code": 640, "name": "StorageError", "times": 1}})
        self.assertEqual(
            self.maker.result(unit(1), unit(2, productKeyId="12"), unit(3), unit(4), unit(5),
                              {"ref": "6", "serialNumber": "SN-6"},
                              unit(1, ref="7"), unit(8, productKeyId="1234567890123")),
            {"1": OK, "2": failed("802", "InvalidZtdHardwareHash"),
             "3": failed("813", "ZtdDeviceIsNotUnique"), "4": failed("640", "StorageError"),
             "5": failed("808", "ZtdDeviceAssignedToOtherTenant"),
             "6": failed("803", "MissingZtdSerialNumberAndProductKey"),
             "7": failed(None, "ZtdDeviceDuplicated"), "8": OK})
        self.assertEqual(self.maker.result(unit(1), unit(4)),
                         {"1": failed("806", "ZtdDeviceAlreadyAssigned"), "4": OK})
        self.assertEqual(
            self.maker.result(unit(1), tenant=FABRIKAM, domain="contoso.example"),
            {"1": failed("808", "ZtdDeviceAssignedToOtherTenant")})

    def test_taken_back(self):
        """For nobody is a release, and then anybody may have it."""
        self.open()
        self.maker.result(unit(1, groupTag="Sales"), purchaseOrderId="4711")
        self.assertEqual(self.units()["SN-1"], {
            "serial": "SN-1", "product_key": None, "manufacturer": "Fabrikam", "model": "Slate 7",
            "tenant": CONTOSO, "tag": "Sales", "order": "4711", "submitted": 1, "registered": 1,
            "released": 0})
        nobody = {"tenant": "", "domain": ""}
        self.assertEqual(self.maker.result(unit(1), unit(2), **nobody),
                         {"1": OK, "2": failed("807", "ZtdDeviceIsNotRegistered")})
        self.assertEqual(self.maker.result(unit(1), tenant=FABRIKAM, domain="contoso.example"),
                         {"1": OK})
        self.assertEqual(self.units()["SN-1"]["released"], 1)
        self.assert_violations()

    def test_before_the_makers_report(self):
        self.open(maker={"late_share": 1, "late": "200ms"})
        seen = [self.maker.result(unit(1))["1"]]
        while seen[-1] != OK:
            seen.append(self.maker.result(unit(1))["1"])
        self.assertEqual(set(seen[:-1]), {failed("812", "ZtdDeviceNotFound")})

    def test_until(self):
        self.open(verdicts={"SN-1": {"code": 812, "name": "ZtdDeviceNotFound", "until": "400d"},
                            "SN-2": {"code": 812, "name": "ZtdDeviceNotFound", "until": "0ms"}})
        self.assertEqual(self.maker.result(unit(1), unit(2)),
                         {"1": failed("812", "ZtdDeviceNotFound"), "2": OK})

    def test_forms(self):
        self.open(jobs={**AT_ONCE, "failed_status": "finished", "override": [
                      {"nth": 1, "order": "reversed", "omit_nth": [2]},
                      {"nth": 2, "identifiers": False}]},
                  maker={"failed_nth": [3]})
        told = self.maker.progress(self.maker.register(*map(unit, (1, 2, 3))))
        self.assertEqual([d["ref"] for d in told["devices"]], ["3", "1"])
        told = self.maker.progress(self.maker.register(unit(1)))
        self.assertEqual((told["status"], told["devices"]), ("finished", [
            {"status": "finished_with_errors", "errorCode": "806",
             "errorName": "ZtdDeviceAlreadyAssigned"}]))
        self.assertEqual(self.maker.progress(self.maker.register(unit(4))),
                         {"status": "failed", "devices": []})
        self.assertEqual(self.units()["SN-4"]["registered"], 0)
        self.refused(self.maker.send("GET", f"/v1/operations/{uuid.uuid4()}"), 404,
                     "OperationUnknown")


class Access(Case):
    def test_token(self):
        for name, plan, headers in (
                ("bearer", {"token": "t0ken"}, {"Authorization": "Bearer t0ken"}),
                ("header", {"token": "t0ken", "token_header": "X-Api-Key"}, {"X-Api-Key": "t0ken"})):
            with self.subTest(name):
                self.open(maker=plan)
                self.refused(self.maker.validate(), 401, "Unauthorized")
                (header, value), = headers.items()
                self.refused(Maker(self.sim, **{header: value[:-1]}).validate(), 401, "Unauthorized")
                self.assertEqual(Maker(self.sim, **headers).validate().status, 200)
                self.assertNotIn("t0ken", self.sim.record.read_text(encoding="utf-8"))

    def test_token_that_is_asked_for(self):
        self.open(maker={"client_id": "line-7", "client_secret": "s3cret", "token_lifetime": "1h"})
        self.refused(self.maker.validate(), 401, "Unauthorized")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        good = "grant_type=client_credentials&client_id=line-7&client_secret=s3cret"
        for text, status, error in ((good + "x", 401, "invalid_client"),
                                    ("client_id=line-7", 400, "invalid_request"),
                                    ("grant_type=password&client_id=line-7", 400,
                                     "unsupported_grant_type")):
            answer = self.maker.send("POST", "/v1/token", text, form)
            self.assertEqual((answer.status, answer.json()), (status, {"error": error}))
        told = self.maker.send("POST", "/v1/token", good, form).json()
        self.assertEqual((told["token_type"], told["expires_in"]), ("Bearer", 3600))
        maker = Maker(self.sim, Authorization=f"Bearer {told['access_token']}")
        self.assertEqual(maker.validate().status, 200)
        record = self.sim.record.read_text(encoding="utf-8")
        self.assertNotIn("s3cret", record)
        self.assertNotIn(told["access_token"], record)

    def test_certificate(self):
        folder = self.enterContext(Simulator()).folder
        ca, key = make_certificate(folder / "ca")
        make_certificate(folder / "good", (ca, key))
        make_certificate(folder / "other")
        self.open(tls=True, options=["--tls-client-ca", str(folder / "ca.pem")],
                  maker={"client_certificate": True})
        self.refused(self.maker.validate(), 403, "CertificateNeeded")
        for name, status in (("good", 200), ("other", 403)):
            with self.subTest(name):
                self.assertEqual(WithCertificate(self.sim, folder / name).validate().status, status)

    def test_scenarios_that_are_none(self):
        for plan, text in (({"token": "t", "client_id": "c", "client_secret": "s"}, "a fixed token"),
                           ({"client_id": "c"}, "need each other"),
                           ({"token_header": "X"}, "token_header needs")):
            with self.subTest(plan), self.assertRaisesRegex(SimulatorError, text):
                with Simulator({"maker": plan}):
                    pass


class Faults(Case):
    def test_window_of_time(self):
        self.open(faults=[{"on": "validate", "since": "400d", "then": {"cut": "before"}},
                          {"on": "validate", "until": "0ms", "then": {"cut": "before"}},
                          {"on": "validate", "since": "0ms", "until": "300ms",
                           "then": {"status": 503}}])
        seen = [self.maker.validate().status]
        while seen[-1] != 200:
            seen.append(self.maker.validate().status)
        self.assertEqual(set(seen[:-1]), {503})

    def test_throttled(self):
        self.open(faults=[{"on": "register", "nth": 1, "then": {"throttle": 30}}])
        answer = self.maker.register(unit(1))
        self.refused(answer, 429, "TooManyRequests")
        self.assertEqual(answer.headers["Retry-After"], "30")
        self.until_noted(self.maker.validate)
        self.assert_violations("retry-too-early")


class WithCertificate(Maker):
    def __init__(self, sim, path):
        super().__init__(sim)
        self.context = ssl.create_default_context(cafile=str(sim.ca))
        self.context.load_cert_chain(path.with_suffix(".pem"), path.with_suffix(".key"))

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.sim.port, timeout=TIMEOUT_S,
                                           context=self.context)


if __name__ == "__main__":
    unittest.main()
