"""Self-signed certificate, so that TLS is on by default."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from inference.files import PRIVATE, replace

_DAYS = 365
_MARGIN = timedelta(days=30)


def self_signed(folder: Path, host: str) -> Path:
    """Return a PEM file with a certificate for a host and its key; make a new one 30 days before the old one expires.

    Also write the certificate alone to certificate.pem, for clients to trust: ``curl --cacert``.
    """
    public, both = folder / "certificate.pem", folder / "tls.pem"
    if not (both.exists() and _holds(public, host)):
        key = ec.generate_private_key(ec.SECP256R1())
        shown = _certificate(key, host).public_bytes(serialization.Encoding.PEM)
        pem, pkcs8, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        replace(both, shown + key.private_bytes(pem, pkcs8, plain), PRIVATE)
        replace(public, shown)
    return both


def _certificate(key: ec.EllipticCurvePrivateKey, host: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "inference")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=_DAYS))
    builder = builder.add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.sign(key, hashes.SHA256())


def _names(host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    try:
        address = x509.IPAddress(ipaddress.ip_address(host))
        return names if address in names else [*names, address]
    except ValueError:  # a host name, or empty
        return [*names, x509.DNSName(host)] if host.strip("*") else names


def _holds(path: Path, host: str) -> bool:
    """Return whether the certificate is for the host and valid for 30 more days."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(_names(host)) <= set(names) and certificate.not_valid_after_utc > datetime.now(UTC) + _MARGIN
