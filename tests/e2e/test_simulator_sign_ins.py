# SPDX-License-Identifier: Apache-2.0
"""People who sign in with a code, as the simulator shows it, and what else changes by itself."""

import base64
import json
import time
import unittest
import urllib.parse

from simulator import SimulatorError
from simulator_client import (
    APP, AT_ONCE, Case, CLIENT, CONTOSO, CUSTOMERS, device, PARTNER, PLAIN,
)

SCOPE = "https://api.partnercenter.microsoft.com/user_impersonation offline_access openid profile"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def claims(token):
    head, payload, signature = token.split(".")
    assert head and signature
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def asked_for_code(client, **fields):
    form = {"client_id": CLIENT, "scope": SCOPE, **fields}
    return client.send("POST", f"/{PARTNER}/oauth2/v2.0/devicecode", urllib.parse.urlencode(
        {k: v for k, v in form.items() if v is not None}), FORM)


def polled(client, code, secret=None, **fields):
    return client.token(grant_type=GRANT, device_code=code, client_secret=secret, scope=None,
                        refresh_token=None, **fields)


class SignIns(Case):
    def begin(self, *sign_ins, **app):
        scenario = {"apps": [{**APP, **app, "sign_ins": list(sign_ins)}], "forms": PLAIN}
        self.sim, self.client = self.simulate(scenario, signed_in=False)
        return asked_for_code(self.client).json()

    def assert_refused(self, answer, word, *codes, status=400):
        body = answer.json()
        self.assertEqual((answer.status, body["error"], body.get("error_codes", [])),
                         (status, word, list(codes)))

    def test_the_code(self):
        code = self.begin()
        self.assertEqual(sorted(code), ["device_code", "expires_in", "interval", "message",
                                        "user_code", "verification_uri"])
        self.assertEqual((code["expires_in"], code["interval"]), (900, 5))
        self.assertRegex(code["user_code"], r"^[B-Z]{9}$")
        self.assertIn(code["user_code"], code["message"])

    def test_no_code(self):
        self.begin()
        cases = (({"client_id": None}, "invalid_request", 900144),
                 ({"client_id": PARTNER}, "unauthorized_client", 700016),
                 ({"scope": None}, "invalid_request", 900144),
                 ({"scope": "openid"}, "invalid_scope", 70011),
                 ({"scope": "https://graph.microsoft.com/.default"}, "invalid_resource", 500011))
        for fields, word, number in cases:
            with self.subTest(fields):
                self.assert_refused(asked_for_code(self.client, **fields), word, number)

    def test_approved(self):
        code = self.begin({"account": "eve@northwind.example", "roles": ["r1", "r2"]})
        answer = polled(self.client, code["device_code"])
        body = answer.json()
        self.assertEqual(answer.status, 200)
        # In a hurry, though there is nothing left to ask for.
        self.assert_refused(polled(self.client, code["device_code"]), "slow_down")
        for name in ("access_token", "id_token"):
            told = claims(body[name])
            self.assertEqual((told["upn"], told["tid"], told["amr"], told["wids"]),
                             ("eve@northwind.example", PARTNER, ["pwd", "mfa"], ["r1", "r2"]))
        self.assertEqual(self.client.sign_in(answer).customer().status, 200)
        again = self.client.token(refresh_token=body["refresh_token"]).json()
        self.assertEqual(claims(again["access_token"])["upn"], "eve@northwind.example")
        self.assertNotEqual(again["access_token"], body["access_token"])
        self.assertEqual(self.sim.books()["sign_ins"][0]["redeemed"], True)
        self.assert_kinds(self.sim)

    def test_without_mfa(self):
        code = self.begin({"mfa": False})
        answer = polled(self.client, code["device_code"])
        self.assertEqual(claims(answer.json()["access_token"])["amr"], ["pwd"])
        refused = self.client.sign_in(answer).customer()
        self.assert_error(refused, 401, "900421")

    def test_another_tenant(self):
        code = self.begin({"tenant": CONTOSO})
        body = polled(self.client, code["device_code"]).json()
        self.assertEqual(claims(body["id_token"])["tid"], CONTOSO)

    def test_ends(self):
        for then, word, codes in (("decline", "authorization_declined", []),
                                  ("expire", "expired_token", [70019]),
                                  ("block", "interaction_required", [53003]),
                                  ("open", "authorization_pending", [70016])):
            with self.subTest(then):
                code = self.begin({"then": then})
                self.assert_refused(polled(self.client, code["device_code"]), word, *codes)
        self.assert_refused(polled(self.client, "unknown"), "bad_verification_code", 70018)

    def test_later(self):
        code = self.begin({"after": "1d"}, {"then": "decline"})
        self.assert_refused(polled(self.client, code["device_code"]), "authorization_pending",
                            70016)
        second = asked_for_code(self.client).json()
        self.assert_refused(polled(self.client, second["device_code"]), "authorization_declined")

    def test_by_hand(self):
        code = self.begin()
        self.sim.decide_sign_in(code["user_code"], "approve")
        self.assertEqual(polled(self.client, code["device_code"]).status, 200)
        for user_code, then in ((code["user_code"], "approve"), ("XXXX", "decline"),
                                (code["user_code"], "open")):
            with self.subTest(user_code), self.assertRaises(SimulatorError):
                self.sim.decide_sign_in(user_code, then)

    def test_proof(self):
        code = self.begin({}, public_client=True)["device_code"]
        self.assert_refused(polled(self.client, code, secret="s3cret"), "invalid_client", 700025,
                            status=401)
        self.assertEqual(polled(self.client, code).status, 200)
        code = self.begin({}, public_client=False)["device_code"]
        self.assert_refused(polled(self.client, code), "invalid_client", 7000218, status=401)
        self.assert_refused(polled(self.client, code, secret="wrong"), "invalid_client", 7000215,
                            status=401)
        self.assertEqual(polled(self.client, code, secret="s3cret").status, 200)

    def test_no_refresh_token_unless_asked(self):
        self.begin({})
        code = asked_for_code(self.client, scope=SCOPE.split()[0]).json()
        # The script is of the first code; this one waits for a hand.
        self.sim.decide_sign_in(code["user_code"], "approve")
        self.assertNotIn("refresh_token", polled(self.client, code["device_code"]).json())

    def test_a_reseller_has_no_access(self):
        _, client = self.simulate({"apps": [{**APP, "role": "reseller"}], "forms": PLAIN})
        for path in ("/customers", f"/customers/{CONTOSO}", "/customers/relationshiprequests"):
            self.assert_error(client.call("GET", path), 403, "1002")

    def test_refresh_tokens_lapse(self):
        app = {**APP, "refresh_token_lifetime": "1s"}
        _, client = self.simulate({"apps": [app]}, signed_in=False)
        fresh = client.token().json()["refresh_token"]
        self.assertEqual(client.token(refresh_token=fresh).status, 200)
        time.sleep(1.1)
        for token in ("seed", fresh):
            self.assert_refused(client.token(refresh_token=token), "invalid_grant", 700082)


class Changes(Case):
    def test_relationship(self):
        customers = {"contoso": {**CUSTOMERS["contoso"], "relationship": "none", "changes": [
            {"at": "0ms", "relationship": "advisor"}, {"at": "300ms", "relationship": "reseller"},
            {"at": "400d", "relationship": "none"}]}}
        _, client = self.simulate({"customers": customers, "forms": PLAIN})
        seen = [client.customer().status]
        while seen[-1] != 200:
            seen.append(client.customer().status)
        self.assertEqual(set(seen[:-1]), {403})

    def test_released(self):
        foreign = ["SN-1", {"serial": "SN-2"}, {"serial": "SN-3", "until": "0ms"}]
        customers = {"contoso": {**CUSTOMERS["contoso"], "foreign": foreign}}
        _, client = self.simulate({"customers": customers, "jobs": AT_ONCE, "forms": PLAIN})
        accepted = client.create([device(s) for s in ("SN-1", "SN-2", "SN-3")])
        self.assertEqual({e["serialNumber"]: e.get("errorCode") for e in client.entries(accepted)},
                         {"SN-1": "808", "SN-2": "808", "SN-3": None})

    def test_scenarios_with_mistakes(self):
        sim, _ = self.simulate()
        customer = {"tenant": CONTOSO}
        cases = (
            ({**customer, "changes": [{"at": "1s"}]}, "a change needs at, and relationship or consent"),
            ({**customer, "changes": [{"at": "2s", "relationship": "none"},
                                      {"at": "1s", "relationship": "none"}]},
             "changes stand in the order of their times"),
            ({**customer, "foreign": [{"until": "1s"}]}, "a foreign device needs serial"),
            ({**customer, "foreign": [{"serial": "1", "until": "401d"}]},
             "a time like 200ms, 2s, 1m or 1h belongs here"),
        )
        for entry, why in cases:
            with self.subTest(why), self.assertRaisesRegex(SimulatorError, why):
                sim.post_scenario({"customers": {"contoso": entry}})


class Consent(Case):
    def test_uploads_without(self):
        sim, client = self.simulate({"forms": PLAIN})
        self.assertEqual(client.customer().status, 200)
        sim.post_consent(CONTOSO, "none")
        # It was told that there is consent, and learns otherwise from the refusal.
        self.assert_error(client.create([device()]), 403, 20002)
        self.assert_kinds(sim)
        time.sleep(0.6)
        self.assert_error(client.create([device()]), 403, 20002)
        self.assert_kinds(sim, "upload-without-consent")
        sim.post_consent(CONTOSO, "reseller")
        self.assertEqual(client.create([device()]).status, 202)
        self.assert_kinds(sim, "upload-without-consent")

    def test_never_asked(self):
        sim, client = self.simulate({"customers": {"contoso": {"tenant": CONTOSO,
                                                               "relationship": "none"}}})
        self.assertEqual(client.create([device()]).status, 403)
        self.assert_kinds(sim, "upload-without-consent")

    def test_nothing_is_deleted(self):
        sim, client = self.simulate()
        client.call("DELETE", f"/customers/{CONTOSO}/devices/1")
        self.assert_kinds(sim, "delete")


if __name__ == "__main__":
    unittest.main()
