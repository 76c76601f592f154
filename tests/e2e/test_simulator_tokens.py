# SPDX-License-Identifier: Apache-2.0
"""Entra ID as the simulator shows it: tokens, and who gets none."""

import base64
import hashlib
import json
import subprocess
import time
import unittest
import uuid

from simulator_client import (
    APP, AT_ONCE, Case, CLIENT, device, FABRIKAM, GUID, PARTNER, PLAIN, TIMEOUT_S,
)


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Tokens(Case):
    def test_v2(self):
        _, c = self.simulate({"forms": PLAIN}, signed_in=False)
        answer = c.token()
        body = answer.json()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertEqual(answer.headers["Cache-Control"], "no-store, no-cache")
        self.assertEqual(answer.headers["Pragma"], "no-cache")
        self.assertEqual(sorted(body), ["access_token", "expires_in", "ext_expires_in",
                                        "refresh_token", "scope", "token_type"])
        self.assertEqual((body["token_type"], body["expires_in"]), ("Bearer", 4123))
        self.assertEqual(body["scope"],
                         "https://api.partnercenter.microsoft.com/user_impersonation")

    def test_v1(self):
        _, c = self.simulate(signed_in=False)
        body = c.token(version="", scope="openid").json()
        self.assertEqual(sorted(body), [
            "access_token", "expires_in", "expires_on", "ext_expires_in", "id_token", "not_before",
            "resource", "scope", "token_type"])
        self.assertEqual((body["expires_in"], body["scope"]), ("4123", "user_impersonation"))
        self.assertEqual(int(body["expires_on"]) - int(body["not_before"]), 4123)

    def test_rotation(self):
        for rotation, version, expected in (("none", "/v2.0", False), ("always", "", True),
                                            ("v2", "", False), ("v2", "/v2.0", True)):
            with self.subTest(rotation=rotation, version=version):
                _, c = self.simulate({"refresh_tokens": rotation}, signed_in=False)
                self.assertEqual("refresh_token" in c.token(version=version).json(), expected)

    def test_no_refresh_token_without_offline_access(self):
        _, c = self.simulate(signed_in=False)
        scope = "https://api.partnercenter.microsoft.com/user_impersonation"
        self.assertNotIn("refresh_token", c.token(scope=scope).json())

    def test_own_address_is_an_audience(self):
        sim, c = self.simulate(signed_in=False)
        self.assertEqual(c.token(scope=sim.url + "/.default").status, 200)

    def test_refusals(self):
        sim, c = self.simulate({"apps": [APP]}, signed_in=False)
        default = "https://api.partnercenter.microsoft.com/.default"
        cases = (
            ({"tenant": FABRIKAM}, 400, "invalid_request", 90002),
            ({"client_id": FABRIKAM}, 400, "unauthorized_client", 700016),
            ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
            ({"client_secret": None}, 401, "invalid_client", 7000218),
            ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
            ({"grant_type": None}, 400, "invalid_request", 900144),
            ({"content_type": "application/json"}, 400, "invalid_request", 900144),
            ({"refresh_token": "unknown"}, 400, "invalid_grant", 70000),
            ({"refresh_token": None}, 400, "invalid_request", 900144),
            ({"resource": "https://api.partnercenter.microsoft.com"}, 400, "invalid_request",
             901002),
            ({"scope": None}, 400, "invalid_request", 900144),
            ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_resource", 500011),
            ({"scope": "offline_access"}, 400, "invalid_scope", 70011),
            ({"scope": default.replace(".default", "else")}, 400, "invalid_scope", 70011),
            ({"version": "", "resource": "https://graph.windows.net"}, 400, "invalid_resource",
             500011),
            ({"grant_type": "client_credentials"}, 400, "invalid_scope", 1002012),
        )
        for fields, status, error, code in cases:
            with self.subTest(fields):
                answer = c.token(**fields)
                body = answer.json()
                self.assertEqual((answer.status, body["error"], body["error_codes"]),
                                 (status, error, [code]))
                self.assertRegex(body["error_description"], rf"^AADSTS{code}: .* Trace ID: ")
                self.assertRegex(body["timestamp"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$")
                self.assertRegex(body["trace_id"], GUID)
                self.assertRegex(body["correlation_id"], GUID)
                self.assertEqual(body["error_uri"],
                                 f"https://login.microsoftonline.com/error?code={code}")
        self.assertEqual(sim.books()["access_tokens"], 0)

    def test_any_aadsts_code(self):
        for code, status, error in ((700082, 400, "invalid_grant"), (53003, 400,
                                    "interaction_required"), (123456, 400, "invalid_grant")):
            with self.subTest(code):
                _, c = self.simulate({"faults": [{"on": "token", "then": {"aadsts": code}}]},
                                     signed_in=False)
                answer = c.token()
                self.assertEqual((answer.status, answer.json()["error"]), (status, error))
                self.assertEqual(answer.json()["error_codes"], [code])

    def test_outlived_refresh_token(self):
        sim, c = self.simulate(signed_in=False)
        second = c.token().json()["refresh_token"]
        self.assertEqual(c.token().status, 200)  # the replacement was not used yet
        self.assert_kinds(sim)
        self.assertEqual(c.token(refresh_token=second).status, 200)
        self.assertEqual(c.token().status, 200)  # it still works, but is not clean
        self.assert_kinds(sim, "refresh-token-outlived")
        tokens = {t["n"]: t for t in sim.books()["refresh_tokens"]}
        self.assertEqual((tokens[1]["uses"], tokens[1]["outlived"], tokens[2]["replaces"]),
                         (3, True, 1))

    def test_access_token_expires(self):
        _, c = self.simulate({"token_lifetime": "1s"})
        self.assertEqual(c.customer().status, 200)
        while (answer := c.customer()).status == 200:
            pass
        self.assertEqual((answer.status, answer.body), (401, b""))
        self.assertEqual(answer.headers["WWW-Authenticate"], 'Bearer error="invalid_token"')

    def test_unknown_and_missing_access_token(self):
        _, c = self.simulate(signed_in=False)
        self.assert_error(c.customer(), 401, "800001")
        c.bearer = "made-up"
        answer = c.customer()
        self.assertEqual((answer.status, answer.body), (401, b""))

    def test_no_mfa(self):
        _, c = self.simulate({"apps": [{**APP, "mfa": False}]})
        answer = c.customer()
        self.assert_error(answer, 401, "900421")
        self.assertEqual(answer.headers["WWW-Authenticate"], 'Bearer error="invalid_token"')

    def test_app_only(self):
        _, c = self.simulate({"jobs": AT_ONCE}, signed_in=False)
        c.sign_in()
        c.create([device()])
        c.sign_in(c.app_token())
        self.assert_error(c.create([device()], batch="C"), 403, "900329")
        self.assert_error(c.call("GET", "/customers/relationshiprequests"), 403, "900329")
        self.assertEqual(c.append([device("SN-2")]).status, 202)
        self.assertEqual(c.customer().status, 200)


class Assertions(Case):
    """Signed with openssl's command, so that the simulator does not prove itself."""

    def setUp(self):
        self.sim, self.client = self.simulate(signed_in=False)
        self.key = str(self.sim.folder / "key.pem")
        self.certificate = str(self.sim.folder / "certificate.pem")
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
                     "-keyout", self.key, "-out", self.certificate)
        self.sim.post_scenario({"apps": [{**APP, "certificate": self.certificate}]})

    def openssl(self, *args, data=b""):
        return subprocess.run(["openssl", *args], input=data, check=True, timeout=TIMEOUT_S,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def sign(self, alg="PS256", header=None, claims=None, salt="32"):
        der = self.openssl("x509", "-in", self.certificate, "-outform", "DER")
        now = int(time.time())
        head = {"alg": alg, "typ": "JWT"}
        if alg == "PS256":
            head["x5t#S256"] = url64(hashlib.sha256(der).digest())
        else:
            head["x5t"] = url64(hashlib.sha1(der).digest())
        body = {"aud": f"{self.sim.url}/{PARTNER}/oauth2/v2.0/token", "iss": CLIENT, "sub": CLIENT,
                "jti": str(uuid.uuid4()), "nbf": now, "iat": now, "exp": now + 300}
        head.update(header or {})
        body.update(claims or {})
        text = ".".join(url64(json.dumps(part).encode()) for part in (head, body))
        padding = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:" + salt]
        signature = self.openssl("dgst", "-sha256", "-sign", self.key,
                                 *(padding if alg == "PS256" else []), data=text.encode())
        return text + "." + url64(signature)

    def ask(self, jwt, **fields):
        return self.client.token(
            client_secret=None, client_assertion=jwt, **{
                "client_assertion_type":
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", **fields})

    def test_accepted(self):
        self.assertEqual(self.ask(self.sign()).status, 200)
        self.assertEqual(self.ask(self.sign("RS256")).status, 200)

    def test_refused(self):
        good = self.sign()
        now = int(time.time())
        other = good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB")
        cases = (
            ("no JWT", "x", 70002),
            ("signature", other, 700027),
            ("salt", self.sign(salt="20"), 700027),
            ("algorithm", self.sign(header={"alg": "none"}), 700027),
            ("thumbprint", self.sign(header={"x5t#S256": "AAAA"}), 700027),
            ("audience", self.sign(claims={"aud": self.sim.url}), 700023),
            ("issuer", self.sign(claims={"iss": FABRIKAM}), 700021),
            ("subject", self.sign(claims={"sub": FABRIKAM}), 700021),
            ("expired", self.sign(claims={"nbf": now - 900, "exp": now - 600}), 700024),
            ("not yet", self.sign(claims={"nbf": now + 600, "exp": now + 900}), 700024),
            ("no id", self.sign(claims={"jti": ""}), 70002),
        )
        for name, jwt, code in cases:
            with self.subTest(name):
                answer = self.ask(jwt)
                self.assertEqual((answer.status, answer.json()["error"],
                                  answer.json()["error_codes"]), (401, "invalid_client", [code]))
        self.assertEqual(self.ask(good, client_assertion_type="jwt").status, 401)
        self.assertEqual(self.ask(good).status, 200)
        self.assertEqual(self.ask(good).json()["error_codes"], [70002])  # the same jti


if __name__ == "__main__":
    unittest.main()
