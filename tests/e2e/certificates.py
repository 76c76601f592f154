# SPDX-License-Identifier: Apache-2.0
"""Certificates made for the occasion."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def host_name(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def make_certificate(path, signer=None, days=1, hosts=()):
    """Writes path.pem and path.key, which only its owner can read. signer: certificate and key; without
    them it is an authority that signs itself. days: until it ends; below 0 it has ended. hosts: names
    and addresses of a server. Returns certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder().subject_name(name)
        .issuer_name(signer[0].subject if signer else name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not signer, path_length=None), critical=True))
    if hosts:
        names = x509.SubjectAlternativeName([host_name(h) for h in hosts])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(signer[1] if signer else key, hashes.SHA256())
    path.with_suffix(".pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = path.with_suffix(".key")
    secret.touch(0o600)
    secret.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return certificate, key
