"""The initial certificate of a gateway."""

import ipaddress
import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from serving.gateway import certificate


def names(folder: Path) -> list[object]:
    cert = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.IPAddress)]


def test_it_is_for_the_host_and_kept(tmp_path: Path) -> None:
    both = certificate.self_signed(tmp_path, "127.0.0.1")
    before = both.read_bytes()
    assert certificate.self_signed(tmp_path, "127.0.0.1").read_bytes() == before
    assert names(tmp_path) == ["localhost", ipaddress.ip_address("127.0.0.1")]


def test_another_host_gets_another(tmp_path: Path) -> None:
    before = certificate.self_signed(tmp_path, "127.0.0.1").read_bytes()
    assert certificate.self_signed(tmp_path, "digits.example").read_bytes() != before
    assert "digits.example" in names(tmp_path)
    certificate.self_signed(tmp_path, "10.0.0.1")
    assert ipaddress.ip_address("10.0.0.1") in names(tmp_path)
    certificate.self_signed(tmp_path, "*")


def test_only_the_owner_reads_the_key_and_it_fits(tmp_path: Path) -> None:
    both = certificate.self_signed(tmp_path, "localhost")
    assert stat.S_IMODE(both.stat().st_mode) == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(both)
    assert b"PRIVATE" not in (tmp_path / "certificate.pem").read_bytes()


def test_the_key_is_private_before_it_is_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: dict[str, int] = {}
    replace = Path.replace

    def record(path: Path, target: Path) -> Path:
        modes[target.name] = stat.S_IMODE(path.stat().st_mode)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", record)
    before = os.umask(0)
    try:
        certificate.self_signed(tmp_path, "localhost")
    finally:
        os.umask(before)
    assert modes == {"tls.pem": 0o600, "certificate.pem": 0o644}


def test_a_broken_one_is_made_anew(tmp_path: Path) -> None:
    certificate.self_signed(tmp_path, "localhost")
    (tmp_path / "certificate.pem").write_text("nonsense")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate.self_signed(tmp_path, "localhost"))


def test_it_is_valid_for_a_year_and_from_a_little_before(tmp_path: Path) -> None:
    certificate.self_signed(tmp_path, "localhost")
    cert = x509.load_pem_x509_certificate((tmp_path / "certificate.pem").read_bytes())
    now = datetime.now(UTC)
    assert abs(cert.not_valid_before_utc - now + timedelta(minutes=5)) < timedelta(seconds=30)
    assert abs(cert.not_valid_after_utc - now - timedelta(days=365)) < timedelta(seconds=30)
    limits = cert.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.critical, limits.value) == (True, x509.BasicConstraints(ca=True, path_length=0))


@pytest.mark.parametrize(("days", "is_kept"), [(30, False), (31, True)])
def test_it_is_renewed_in_its_last_thirty_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, is_kept: bool
) -> None:
    monkeypatch.setattr(certificate, "_DAYS", days)
    before = certificate.self_signed(tmp_path, "localhost").read_bytes()
    assert (certificate.self_signed(tmp_path, "localhost").read_bytes() == before) == is_kept


@pytest.mark.parametrize("host", ["", "*"])
def test_without_a_host_it_is_for_this_machine(tmp_path: Path, host: str) -> None:
    certificate.self_signed(tmp_path, host)
    assert names(tmp_path) == ["localhost", ipaddress.ip_address("127.0.0.1")]


def test_a_lost_key_is_made_anew(tmp_path: Path) -> None:
    certificate.self_signed(tmp_path, "localhost").unlink()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate.self_signed(tmp_path, "localhost"))
