# SPDX-License-Identifier: Apache-2.0
"""Keys that stay in a PKCS#11 token or in a TPM: made as docs/how-to/keys-outside.md says, read by
others, and at work in an agent."""

import ctypes
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import jwt
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

import agent_case
import outside_keys

MAKE_ASSERTION = os.environ["MAKE_ASSERTION"]
AUDIENCE = "https://login.example/t/oauth2/v2.0/token"
URI = "pkcs11:token=autoreg;object=autoreg;type=private"
PARTNER = {"tenant": "11111111-1111-4111-8111-111111111111",
           "client_id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
SHORT = "59s"  # less than a token has to last: each is used once


def like_the_service():
    """What MemoryDenyWriteExecute= does, where the kernel (6.3) can do it by itself; else nothing."""
    ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)


def as_others_read_it(case, token, certificate, alg):
    """PyJWT takes it, and the salt is what JOSE says."""
    public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    claims = jwt.decode(token, public, algorithms=[alg], audience=AUDIENCE, issuer="me")
    case.assertEqual(claims["sub"], "me")
    if alg == "RS256":
        return
    signed, _, signature = token.rpartition(".")
    signature = jwt.utils.base64url_decode(signature)
    for salt, good in ((32, True), (padding.PSS.MAX_LENGTH, False)):
        pad = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
        if good:
            public.verify(signature, signed.encode(), pad, hashes.SHA256())
            continue
        with case.assertRaises(InvalidSignature):
            public.verify(signature, signed.encode(), pad, hashes.SHA256())


class Assertions(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="autoreg-")))

    def sign(self, key, place, *pin, alg="PS256"):
        return subprocess.run(
            [MAKE_ASSERTION, alg, self.folder / "autoreg.pem", key, AUDIENCE, "me", *pin],
            capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, **place.environment}, preexec_fn=like_the_service)

    def check(self, key, place, *pin):
        for alg in ("PS256", "RS256"):
            with self.subTest(alg=alg):
                done = self.sign(key, place, *pin, alg=alg)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                as_others_read_it(self, done.stdout.strip(), self.folder / "autoreg.pem", alg)

    def refuse(self, text, key, place, *pin):
        done = self.sign(key, place, *pin)
        self.assertEqual(done.returncode, 1)
        self.assertIn(text, done.stderr)

    def test_token(self):
        token = outside_keys.Token(self.folder)
        pin = self.folder / "pin"
        self.check(URI, token, pin)
        self.check(URI + "?module-path=/usr/lib/softhsm/libsofthsm2.so", token, pin)
        self.refuse("asks for a PIN", URI, token)
        self.refuse("no such private key", "pkcs11:token=autoreg;object=other", token, pin)
        self.refuse("no PKCS#11 token", "pkcs11:token=other;object=autoreg", token, pin)
        self.refuse("cannot be loaded", URI + "?module-path=/nowhere.so", token, pin)
        token.make("second")
        self.refuse("PKCS#11 tokens; name one", "pkcs11:manufacturer=SoftHSM%20project", token, pin)

    def test_tpm(self):
        tpm = outside_keys.Tpm(self.folder)
        self.addCleanup(tpm.stop)
        key = f"tpm2:{self.folder / 'autoreg.key'}"
        self.check(key, tpm)
        self.refuse("the TPM has no key", f"tpm2:{self.folder / 'autoreg.pem'}", tpm)
        tpm.stop()
        self.refuse("the TPM cannot be reached", key, tpm)

    def test_password_of_a_tpm_key(self):
        tpm = outside_keys.Tpm(self.folder)
        self.addCleanup(tpm.stop)
        for name in ("right", "wrong"):
            (self.folder / name).write_text(name, encoding="ascii")
        outside_keys.sh(outside_keys.how_to("A password for a TPM's key"), self.folder,
                        PASSWORD="right", **tpm.environment)
        key = f"tpm2:{self.folder / 'autoreg.key'}"
        self.check(key, tpm, self.folder / "right")
        self.refuse("authorization", key, tpm, self.folder / "wrong")
        self.refuse("private_key_pin", key, tpm)

    def test_persistent_key_of_a_tpm(self):
        tpm = outside_keys.Tpm(self.folder)
        self.addCleanup(tpm.stop)
        outside_keys.need("tpm2_evictcontrol")
        outside_keys.sh(outside_keys.how_to("A key that stays in the TPM"), self.folder,
                        **tpm.environment)
        self.check("tpm2:handle:0x81000001", tpm)


class Agent(agent_case.Case):
    def prepare(self, **proof):
        """A partner whose application is proven by the certificate in the shop's folder."""
        self.open()
        self.shop.settings["partners"]["northwind"]["auth"] = {
            "method": "refresh_token", "refresh_token": {"file": "seed"},
            "certificate": {"file": "autoreg.pem"}, **proof}
        self.shop.write_config()

    def accept(self, certificate="autoreg.pem", **scenario):
        self.sim.post_scenario({"jobs": agent_case.FAST, "apps": [
            {**PARTNER, "certificate": str(self.shop.folder / certificate),
             "refresh_tokens": ["seed"]}], **scenario})

    def drop_and_wait(self, name, lists):
        serials = self.shop.drop("contoso", devices=2, name=name)
        self.until_reported("contoso", lists)
        return serials

    def with_token(self):
        self.prepare(private_key={"pkcs11": URI}, private_key_pin={"file": "pin"})
        return outside_keys.Token(self.shop.folder)

    def until_held(self, text):
        self.until(lambda: text in self.shop.run("status").stdout, "nothing is held")

    def test_lists_with_a_token(self):
        token = self.with_token()
        self.accept()
        agent = self.start(**token.environment)
        serials = self.drop_and_wait("a.csv", 1)
        self.assert_once(serials)
        self.stop(agent)
        self.assertNotIn(outside_keys.PIN, self.shop.log())

    def doctor(self, token):
        """What is found of the key: exit status, checks by name, and nothing of the PIN."""
        done = self.shop.run("doctor", "--json", env={**os.environ, **token.environment})
        self.assertNotIn(outside_keys.PIN, done.stdout + done.stderr)
        return done.returncode, {c["name"]: c for c in json.loads(done.stdout)["checks"]}

    def test_doctor(self):
        token = self.with_token()
        self.accept()
        self.shop.state.mkdir(mode=0o700)
        code, found = self.doctor(token)
        self.assertEqual((code, found["token"]["status"]), (0, "ok"), found)
        self.assertIn("used where it is", found["credentials"]["message"])
        token.pull()
        code, found = self.doctor(token)
        self.assertEqual(found["token"]["status"], "failed")
        self.assertIn("no PKCS#11 token", found["token"]["message"])
        self.assertNotEqual(code, 0)

    def test_lists_with_a_tpm(self):
        self.prepare(private_key={"tpm2": "autoreg.key"})
        tpm = outside_keys.Tpm(self.shop.folder)
        self.addCleanup(tpm.stop)
        self.accept(token_lifetime=SHORT)
        agent = self.start(**tpm.environment)
        serials = self.drop_and_wait("a.csv", 1)

        # The resource manager is started again: what was open is opened again.
        tpm.stop()
        tpm.start()
        serials += self.drop_and_wait("b.csv", 2)
        self.assertNotIn("no token:", self.shop.log())

        # It fails for longer than that.
        tpm.stop()
        serials += self.shop.drop("contoso", devices=2, name="c.csv")
        self.until_logged("the TPM cannot be reached")
        tpm.start()
        self.until_reported("contoso", 3)
        self.assert_once(serials)
        self.stop(agent)

    def test_a_tpm_that_comes_late(self):
        self.prepare(private_key={"tpm2": "autoreg.key"})
        tpm = outside_keys.Tpm(self.shop.folder)
        self.addCleanup(tpm.stop)
        tpm.stop()
        self.accept()
        agent = self.start(**tpm.environment)
        serials = self.shop.drop("contoso", devices=2)
        self.until_logged("the TPM cannot be reached")
        tpm.start()
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.stop(agent)

    def test_a_token_that_is_pulled_out(self):
        token = self.with_token()
        token.pull()
        self.accept(token_lifetime=SHORT)
        agent = self.start(**token.environment)
        serials = self.shop.drop("contoso", devices=2)
        self.until_logged("no PKCS#11 token")
        token.plug()
        self.until_reported("contoso", 1)

        token.pull()
        before = self.shop.log().count("no PKCS#11 token")
        serials += self.shop.drop("contoso", devices=2, name="b.csv")
        self.until_logged("no PKCS#11 token", before + 1)
        token.plug()
        self.until_reported("contoso", 2)
        self.assert_once(serials)
        self.stop(agent)

    def test_wrong_pin_is_tried_once(self):
        token = self.with_token()
        token.pin("pin", "654321")
        self.accept()
        agent = self.start(**token.environment)
        self.until_held("does not take the PIN")  # before there is anything to send
        serials = self.shop.drop("contoso", devices=2)
        self.until_logged("does not take the PIN", 3)  # told again, but not tried
        self.assertFalse(token.tries_are_final())

        token.pin("pin", outside_keys.PIN)
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.until(lambda: [d["registered"] for d in self.books().values()] == [1, 1],
                   "nothing comes after the reload")
        self.assert_once(serials)
        self.stop(agent)

    def test_a_key_of_another_certificate(self):
        token = self.with_token()
        outside_keys.sh("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout o.key"
                        " -out autoreg.pem", self.shop.folder)
        self.accept()
        agent = self.start(**token.environment)
        self.shop.drop("contoso", devices=2)
        self.until_held("do not belong together")
        self.assertEqual(self.sim.counters()["requests"]["token"], 0)
        self.stop(agent)


class Configuration(agent_case.Case):
    def refused(self, text, **proof):
        self.open()
        self.shop.settings["partners"]["northwind"]["auth"] = {
            "method": "client_credentials", "certificate": {"file": "seed"}, **proof}
        self.shop.write_config()
        done = self.shop.run("config", "check")
        self.assertEqual(done.returncode, 78, done.stdout)
        self.assertIn(text, done.stdout + done.stderr)
        self.assertNotIn("4711", done.stdout + done.stderr)

    def test_pin_in_the_uri(self):
        self.refused("the PIN stands in it", private_key={"pkcs11": URI + "?pin-value=4711"})

    def test_pin_without_a_token(self):
        self.refused("private_key that can be read", private_key={"file": "secret"},
                     private_key_pin={"file": "secret"})


if __name__ == "__main__":
    unittest.main()
