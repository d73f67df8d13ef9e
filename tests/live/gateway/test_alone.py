"""Tests of a gateway without TorchServe: decisions that depend only on its settings."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from serving.gateway import haproxy, launch
from serving.gateway.gateway import Gateway
from serving.gateway.routes import Route
from serving.gateway.settings import Settings
from serving.paths import ROOT
from serving.torchserve import properties

from .conftest import node_ports


@contextmanager
def alone(directory: Path, **changed: str) -> Iterator[Gateway]:
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    settings = Settings.of(properties.read() | node_ports() | changed)
    started = launch.start(directory, settings, [Route("digits", 784)])
    try:
        yield started
    finally:
        started.stop()


def test_it_accepts_as_many_connections_as_its_memory_is_for(tmp_path: Path) -> None:
    (number,) = re.findall(r"which is ([\d,]+) connections", (ROOT / "docs" / "gateway.md").read_text())
    with alone(tmp_path) as gateway:
        (most,) = re.findall(r"^Maxconn: (\d+)$", gateway.command("show info"), re.MULTILINE)
    assert int(most) == pytest.approx(int(number.replace(",", "")), rel=0.1)


def test_pages_of_all_origins_may_call_if_that_is_set(tmp_path: Path) -> None:
    headers = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    with alone(tmp_path, gateway_cors_origins="*") as gateway:
        trust = ssl.create_default_context(cafile=str(gateway.certificate))
        answer = httpx.options(f"{gateway.url}/predictions/digits", headers=headers, verify=trust, trust_env=False)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://page.example"
