"""A gateway's settings."""

from pathlib import Path

import pytest

from serving.gateway.settings import Settings
from serving.torchserve import properties
from serving.torchserve.properties import SettingsError

SETTINGS = properties.read() | {"gateway_certificate": "", "gateway_clients": "", "gateway_playground": ""}


def of(**changed: str) -> Settings:
    return Settings.of(SETTINGS | changed)


def test_files_of_settings_are_found_from_anywhere() -> None:
    settings = of(gateway_certificate="a.pem", gateway_clients="c.map", gateway_memory="77")
    assert (settings.certificate, settings.clients, settings.memory) == (
        Path("a.pem").resolve(),
        Path("c.map").resolve(),
        77,
    )
    assert (of().certificate, of().clients) == (None, None)


def test_an_address_without_a_known_scheme_is_refused() -> None:
    assert of(gateway_address="https://*:1").tls
    assert not of(gateway_address="http://*:1").tls
    with pytest.raises(SettingsError, match="begins with https:// or http://, not ftp"):
        of(gateway_address="ftp://*:1")


def test_origins_are_as_browsers_send_them() -> None:
    assert of().origins == ()
    assert of(gateway_cors_origins="https://a.example, http://127.0.0.1:80").origins == (
        "https://a.example",
        "http://127.0.0.1:80",
    )
    assert of(gateway_cors_origins="*").origins == ("*",)
    for wrong in ("a.example", "https://a.example/", "https://A.example", "https://a.example *", "null"):
        with pytest.raises(SettingsError, match="gateway_cors_origins has"):
            of(gateway_cors_origins=wrong)


def test_grpc_is_on_or_off() -> None:
    assert not of().grpc
    assert of(gateway_grpc="true").grpc
    with pytest.raises(SettingsError, match="neither true nor false"):
        of(gateway_grpc="yes")
