"""A node as clients meet it: TorchServe, its readiness, and the gateway before both."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from serving import clients, explainer, gateway, haproxy, ports, properties
from serving.gateway import Gateway, Settings
from serving.record import Archive
from serving.server import Server

from ..conftest import serve, until


@dataclass(frozen=True)
class Node:
    server: Server
    gateway: Gateway

    def key(self, name: str, *scopes: str, rate: int = 100_000, days: float = 1) -> dict[str, str]:
        """The header of a new client."""
        client = clients.Client(name, scopes or clients.SCOPES, rate, clients.in_days(days))
        made = clients.add(self.gateway.clients, client)
        self.gateway.refresh()
        return {"Authorization": f"Bearer {made}"}

    def http(self, **headers: str) -> httpx.Client:
        trust = ssl.create_default_context(cafile=str(self.gateway.certificate))
        return httpx.Client(base_url=self.gateway.url, headers=headers, timeout=60, trust_env=False, verify=trust)

    @property
    def port(self) -> int:
        return int(self.gateway.url.rpartition(":")[2])


@contextmanager
def stand(directory: Path, archive: Archive, patience: int = 4000) -> Iterator[Node]:
    """A node in a folder, stopped whatever happens."""
    with serve(directory, archive) as client, readiness(client.server) as health:
        explainer.add(client.server, archive.path.name)
        port, metrics = ports.free(2)
        changed = {
            "gateway_address": f"https://127.0.0.1:{port}",
            "gateway_metrics_address": f"http://127.0.0.1:{metrics}",
            "inference_address": client.server.inference,
            "health_address": f"http://{health}",
            "gateway_patience": str(patience),
        }
        settings = Settings.of(properties.read() | changed)
        started = gateway.start(directory, settings)
        try:
            with client.server.manage() as management:
                started.token(management.keys.inference.value)
            node = Node(client.server, started)
            with node.http() as http:
                until(lambda: http.get("/readyz").status_code == 200, 10)
            yield node
        finally:
            started.stop()


@contextmanager
def readiness(server: Server) -> Iterator[str]:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/livez":
                self.send_response(200)
                self.end_headers()
                return
            workers = server._described("workers") or []
            self.send_response(200 if any(worker["status"] == "READY" for worker in workers) else 503)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    endpoint = ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{endpoint.server_port}"
    finally:
        endpoint.shutdown()
        endpoint.server_close()


@pytest.fixture(scope="session")
def node(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node that most of the gateway's tests share."""
    if not haproxy.found():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    with stand(tmp_path_factory.mktemp("node"), archive) as started:
        yield started
