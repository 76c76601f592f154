# SPDX-License-Identifier: Apache-2.0
"""Our client assertion as others read it: PyJWT for the token, cryptography for the signature.

MAKE_ASSERTION in the environment names tests/tools/make_assertion.c as a program.
"""

import base64
import datetime
import hashlib
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
import uuid

import jwt
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

MAKE_ASSERTION = os.environ["MAKE_ASSERTION"]
AUDIENCE = ("https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111"
            "/oauth2/v2.0/token")
CLIENT_ID = "33333333-3333-4333-8333-333333333333"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def altered(token, part):
    """With another character in the middle of a part."""
    parts = token.split(".")
    text = parts[part]
    at = len(text) // 2
    parts[part] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]
    return ".".join(parts)


def self_signed(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "autoreg test")])
    now = datetime.datetime.utcnow()
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now).not_valid_after(now + datetime.timedelta(hours=1))
            .sign(key, hashes.SHA256()))


class Assertion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="autoreg-")
        cls.addClassCleanup(folder.cleanup)
        key = rsa.generate_private_key(65537, 3072)
        certificate = self_signed(key)
        cls.public = key.public_key()
        cls.der = certificate.public_bytes(serialization.Encoding.DER)
        cls.certificate = pathlib.Path(folder.name, "certificate.pem")
        cls.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        cls.key = pathlib.Path(folder.name, "key.pem")
        cls.key.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))

    def make(self, alg):
        done = subprocess.run(
            [MAKE_ASSERTION, alg, self.certificate, self.key, AUDIENCE, CLIENT_ID],
            capture_output=True, timeout=60, check=True)
        return done.stdout.decode().rstrip("\n")

    def decode(self, token, alg, audience=AUDIENCE):
        return jwt.decode(token, self.public, algorithms=[alg], audience=audience,
                          issuer=CLIENT_ID, options={"require": ["exp", "iat", "nbf", "jti"]})

    def verify(self, token, pad):
        signed, _, signature = token.rpartition(".")
        self.public.verify(unbase64url(signature), signed.encode(), pad, hashes.SHA256())

    def check_claims(self, alg):
        before = int(time.time())
        claims = self.decode(self.make(alg), alg)
        self.assertEqual(set(claims), {"aud", "exp", "iat", "iss", "jti", "nbf", "sub"})
        self.assertEqual(claims["aud"], AUDIENCE)
        self.assertEqual((claims["iss"], claims["sub"]), (CLIENT_ID, CLIENT_ID))
        self.assertEqual(uuid.UUID(claims["jti"]).version, 4)
        self.assertEqual(claims["nbf"], claims["iat"])
        self.assertEqual(claims["exp"], claims["iat"] + 600)
        self.assertTrue(before <= claims["iat"] <= time.time())

    def test_claims(self):
        self.check_claims("PS256")
        self.check_claims("RS256")

    def test_headers(self):
        self.assertEqual(jwt.get_unverified_header(self.make("PS256")), {
            "alg": "PS256", "typ": "JWT", "x5t#S256": base64url(hashlib.sha256(self.der).digest())})
        self.assertEqual(jwt.get_unverified_header(self.make("RS256")), {
            "alg": "RS256", "typ": "JWT", "x5t": base64url(hashlib.sha1(self.der).digest())})

    def test_salt_is_32_bytes(self):
        token = self.make("PS256")

        def pss(salt_length):
            return padding.PSS(padding.MGF1(hashes.SHA256()), salt_length)

        self.verify(token, pss(32))
        for other in (31, 33, 64, padding.PSS.MAX_LENGTH):
            with self.assertRaises(InvalidSignature):
                self.verify(token, pss(other))

    def test_rs256_is_pkcs1(self):
        self.verify(self.make("RS256"), padding.PKCS1v15())

    def test_no_padding_characters(self):
        for alg in ("PS256", "RS256"):
            self.assertRegex(self.make(alg), r"\A[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}\Z")

    def test_id_is_new_each_time(self):
        ids = {self.decode(self.make("PS256"), "PS256")["jti"] for _ in range(5)}
        self.assertEqual(len(ids), 5)

    # What must not pass, so that the above means something.

    def test_other_audience_is_refused(self):
        with self.assertRaises(jwt.InvalidAudienceError):
            self.decode(self.make("PS256"), "PS256", AUDIENCE.replace("/v2.0", ""))

    def test_altered_is_refused(self):
        for alg in ("PS256", "RS256"):
            for part in range(3):
                with self.subTest(alg=alg, part=part), self.assertRaises(jwt.InvalidTokenError):
                    self.decode(altered(self.make(alg), part), alg)

    def test_other_algorithm_is_refused(self):
        with self.assertRaises(jwt.InvalidAlgorithmError):
            self.decode(self.make("RS256"), "PS256")

    def test_other_key_is_refused(self):
        self.public = rsa.generate_private_key(65537, 2048).public_key()
        with self.assertRaises(jwt.InvalidSignatureError):
            self.decode(self.make("PS256"), "PS256")


if __name__ == "__main__":
    unittest.main()
