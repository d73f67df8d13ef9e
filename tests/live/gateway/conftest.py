"""Fixtures of a whole node: TorchServe, its health endpoint, and the gateway."""

import ssl
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from serving.archives.record import Archive
from serving.gateway import clients, haproxy, launch, quotas, routes
from serving.gateway.gateway import Gateway
from serving.gateway.routes import Route
from serving.gateway.settings import Settings
from serving.node import deployment, rpc
from serving.node.description import Description
from serving.node.model_pages import ModelPages
from serving.node.supervisor import Supervisor
from serving.node.watch import Limits
from serving.torchserve import keys, properties, registrations, server
from serving.torchserve.ports import free
from serving.torchserve.server import Server

from ..conftest import free_ports, until


@dataclass(frozen=True)
class Node:
    """A node. ``health`` is the address of the supervisor's probes."""

    server: Server
    gateway: Gateway
    health: str

    def key(
        self,
        name: str,
        *scopes: str,
        rate: int = 100_000,
        days: float = 1,
        concurrent: int = quotas.CONCURRENT,
        models: tuple[str, ...] = (),
    ) -> dict[str, str]:
        """Add a client. Return the header with its key."""
        expires = clients.in_days(days)
        client = clients.Client(name, scopes or quotas.SCOPES, rate, expires, concurrent, models=models)
        key = clients.add(self.gateway.clients, client)
        self.gateway.refresh()
        return {"Authorization": f"Bearer {key}"}

    def http(self, **headers: str) -> httpx.Client:
        trust = ssl.create_default_context(cafile=str(self.gateway.certificate))
        return httpx.Client(base_url=self.gateway.url, headers=headers, timeout=60, trust_env=False, verify=trust)

    @property
    def port(self) -> int:
        return int(self.gateway.url.rpartition(":")[2])


@contextmanager
def stand(directory: Path, archive: Archive, **changed: str) -> Iterator[Node]:
    """Start a node in a folder, and always stop it. TorchServe's key is renewed every few seconds.

    Requests wait longer for a JVM than by default, because it starts slowly on a busy machine.
    """
    ports = node_ports() | {"token_expiration_min": "1", "gateway_patience": "50000"} | changed
    settings = properties.read() | ports
    started: list[Gateway] = []

    def launch_gateway() -> Gateway:
        models = [Route.of(archive.name, archive.path)]
        started[:] = [launch.start(directory, Settings.of(settings, behind_gateway=True), models)]
        return started[0]

    deployment.adopt_build(directory, archive)

    def launched() -> Server:
        return deployment.start_deployed(directory, ports, behind_gateway=True)

    supervisor = Supervisor(directory, launched, settings["health_address"], launch_gateway, Limits(lead=60))
    supervisor.routes["/openapi.yaml"] = Description(directory).page
    if settings["gateway_grpc"] == "true":
        supervisor.grpc.start = partial(rpc.start, directory)
    supervisor.routes |= ModelPages(directory, lambda: supervisor.ready).routes
    life = threading.Thread(target=supervisor.run)
    life.start()
    try:
        until(lambda: not life.is_alive() or (supervisor.ready and started), 120)
        assert life.is_alive(), "the supervisor ended"
        running = server.find(directory)
        assert running
        node = Node(running, started[0], settings["health_address"])
        with node.http() as http:
            until(lambda: http.get("/readyz").status_code == 200, 10)
        # Until the worker for expensive requests is READY, the other workers refuse some of them.
        expensive = f"show map {node.gateway.maps / routes.HEAVY}"
        until(lambda: registrations.UPLOADS in node.gateway.command(expensive), 60)
        yield node
    finally:
        supervisor.stop()
        life.join()


def node_ports() -> dict[str, str]:
    """Return settings with free ports, so that several nodes can run on one machine."""
    health, door, metrics = free(3)
    return free_ports() | {
        "health_address": f"http://127.0.0.1:{health}",
        "gateway_address": f"https://127.0.0.1:{door}",
        "gateway_metrics_address": f"http://127.0.0.1:{metrics}",
    }


@pytest.fixture(scope="session")
def site() -> str:
    """Return the origin of a page that may call the node from a browser."""
    return f"http://127.0.0.1:{free(1)[0]}"


@pytest.fixture(scope="session")
def node(archive: Archive, site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Yield the node that most gateway tests share."""
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    with stand(tmp_path_factory.mktemp("node"), archive, gateway_grpc="true", gateway_cors_origins=site) as started:
        yield started


@pytest.fixture
def http(node: Node) -> Iterator[httpx.Client]:
    with node.http(**node.key("anyone")) as client:
        yield client


def refused(response: httpx.Response, status: int, type_: str) -> httpx.Response:
    """Check that the response is an error in the format of the API, and return it."""
    assert response.status_code == status, response.text
    error = response.json()
    assert (error["code"], error["type"]) == (status, type_)
    assert set(error) == {"code", "type", "message", "hint"}
    assert response.headers["x-request-id"]
    return response


def inference_key(node: Node) -> str:
    return keys.read(node.server.directory).inference.value


class InferenceKey(httpx.Auth):
    """The inference key of TorchServe at the time of each request. A renewal in between repeats the request."""

    requires_response_body = True

    def __init__(self, node: Node) -> None:
        self._node = node

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        for _ in range(2):
            request.headers["Authorization"] = f"Bearer {inference_key(self._node)}"
            response = yield request
            if "InvalidKeyException" not in response.text:
                return


@contextmanager
def second(node: Node, directory: Path, **changed: str) -> Iterator[Gateway]:
    """Yield a second gateway for the TorchServe of a node."""
    settings = properties.read(node.server.directory / "config.properties") | node_ports()
    settings |= {"gateway_clients": str(node.gateway.clients)}
    settings |= {"inference_address": node.server.inference, "health_address": node.health}
    started = launch.start(directory, Settings.of(properties.read() | settings | changed), [Route("digits", 784)])
    try:
        started.set_backend_token(inference_key(node))
        yield started
    finally:
        started.stop()
