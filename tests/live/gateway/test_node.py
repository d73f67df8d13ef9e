"""Effects of node faults on clients of the gateway."""

import os
import signal
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from serving.gateway import certificate, haproxy, launch
from serving.gateway.routes import Route
from serving.gateway.settings import Settings
from serving.torchserve import properties, server

from .. import busy
from ..conftest import until
from .conftest import Node, inference_key, node_ports, refused


def test_readiness_is_the_workers(node: Node, seven: bytes) -> None:
    """It changes within half a second. Requests that come meanwhile wait for the next worker."""
    with node.http(**node.key("waiting")) as http, node.server.manage() as management:
        try:
            management.scale(0)
            _until_not_ready(http)
            assert http.get("/livez").status_code == 200
            with ThreadPoolExecutor() as pool:
                waiting = pool.submit(http.post, "/predictions/digits", content=seven)
                management.scale(1)
                assert waiting.result().json().get("digit") == 7, waiting.result().text
        finally:
            management.scale(1)
        until(lambda: http.get("/readyz").status_code == 200, 5)


def _until_not_ready(http: httpx.Client) -> None:
    """Check that readiness is lost within half a second, on a machine that runs no other tests."""
    with busy.watched() as slowdown:
        began = time.monotonic()
        until(lambda: http.get("/readyz").status_code == 503, 10)
        assert time.monotonic() - began < busy.PATIENCE * slowdown()


def test_where_no_worker_comes_back_requests_do_not_hang(node: Node, seven: bytes, tmp_path: Path) -> None:
    settings = properties.read(node.server.directory / "config.properties") | node_ports()
    settings |= {"gateway_patience": "1000", "gateway_clients": str(node.gateway.clients)}
    settings |= {"inference_address": node.server.inference, "health_address": node.health}
    key = node.key("patient")
    impatient = launch.start(tmp_path, Settings.of(properties.read() | settings), [Route("digits", len(seven))])
    try:
        impatient.set_backend_token(inference_key(node))
        with Node(node.server, impatient, node.health).http(**key) as http:
            with node.server.manage() as management:
                management.scale(0)
                _until_not_ready(http)
                began = time.monotonic()
                response = refused(http.post("/predictions/digits", content=seven), 503, "ServiceUnavailable")
                assert response.headers["retry-after"] == "1"
                assert time.monotonic() - began < 15  # seconds: gateway_patience is 20 by default
                management.scale(1)
            until(lambda: http.get("/readyz").status_code == 200, 5)
    finally:
        impatient.stop()
        with node.server.manage() as management:
            management.scale(1)
        with node.http() as http:
            until(lambda: http.get("/readyz").status_code == 200, 5)


def test_a_certificate_of_the_operators_is_shown_to_clients(tmp_path: Path) -> None:
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    own = certificate.self_signed(tmp_path / "own", "127.0.0.1")
    settings = properties.read() | node_ports() | {"gateway_certificate": str(own)}
    started = launch.start(tmp_path / "run", Settings.of(settings), [])
    try:
        trust = ssl.create_default_context(cafile=str(own.with_name("certificate.pem")))
        browser = {"Accept": "text/html"}  # gets the page, which does not need TorchServe
        assert httpx.get(started.url, headers=browser, verify=trust, trust_env=False, timeout=30).status_code == 200
        assert not started.certificate.exists(), "it made none itself"
    finally:
        started.stop()


def test_no_request_is_lost_with_the_jvm(node: Node, seven: bytes) -> None:
    """Requests inside the JVM, and requests that arrive before it has restarted, wait at the gateway."""
    stop = threading.Event()
    failures: list[str] = []

    def send() -> None:
        with node.http(**node.key(f"insistent-{threading.get_ident()}")) as http:
            while not stop.is_set():
                response = http.post("/predictions/digits", content=seven)
                if response.status_code != 200 or response.json()["digit"] != 7:
                    failures.append(response.text)

    with ThreadPoolExecutor() as pool:
        sending = [pool.submit(send) for _ in range(8)]
        killed = server.find(node.server.directory)
        assert killed
        try:
            os.kill(killed.pid, signal.SIGKILL)
            with node.http() as http:
                until(lambda: http.get("/readyz").status_code == 503, 5)
                until(lambda: http.get("/readyz").status_code == 200, 30)
        finally:
            stop.set()
    assert not [future.result() for future in sending if future.exception()]
    # The gateway may try a request on three connections that the dying JVM closes in turn.
    assert len(failures) <= 1, failures


def test_a_canary_gets_its_share(node: Node, seven: bytes) -> None:
    with node.http(**node.key("bird")) as http:
        try:
            node.gateway.canary("digits", "9.9", 50)  # a version that is not registered
            statuses = [http.post("/predictions/digits", content=seven).status_code for _ in range(100)]
            assert 20 < statuses.count(404) < 80
            assert statuses.count(404) + statuses.count(200) == 100
            assert http.post("/predictions/digits/1.0", content=seven).status_code == 200
        finally:
            node.gateway.no_canary()
        assert all(http.post("/predictions/digits", content=seven).status_code == 200 for _ in range(20))
    with pytest.raises(ValueError, match="one word"):
        node.gateway.canary("digits", "1; shutdown", 1)
    with pytest.raises(ValueError, match="percent"):
        node.gateway.canary("digits", "1.0", 101)
