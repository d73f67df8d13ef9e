"""Temporary certificate authority. In production, the operator has one."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from inference.files import PRIVATE, replace

_DAY = timedelta(days=1)
_NAME = "digits test authority"


@dataclass(frozen=True)
class Authority:
    """Certificate that the others trust, and the key that signs."""

    certificate: Path
    key: ec.EllipticCurvePrivateKey

    def issue(self, name: str) -> Path:
        """Return a PEM file with a certificate for a host name or address, and its key."""
        key, path = ec.generate_private_key(ec.SECP256R1()), self.certificate.with_name(f"{name}.pem")
        names = x509.SubjectAlternativeName([_general(name)])
        signed = _builder(name, key).add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        pem, pkcs8, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        replace(path, signed.public_bytes(pem) + key.private_bytes(pem, pkcs8, plain), PRIVATE)
        return path


def create(folder: Path) -> Authority:
    folder.mkdir(parents=True, exist_ok=True)
    key, path = ec.generate_private_key(ec.SECP256R1()), folder / "authority.pem"
    signed = _builder(_NAME, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    path.write_bytes(signed.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return Authority(path, key)


def _builder(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder().issuer_name(_named(_NAME)).subject_name(_named(name)).public_key(key.public_key())
    )
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now - _DAY).not_valid_after(now + _DAY)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
