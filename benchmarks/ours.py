"""This service as a contender."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.contender import TYPES, Contender, Dialect, Endpoint, Role
from model import SPEC
from serving import paths
from serving.archives import record
from serving.archives.record import Archive
from serving.gateway import clients
from serving.gateway.clients import Client
from serving.gateway.gateway import Gateway
from serving.torchserve import java, ports, properties, server
from serving.torchserve.server import Server, ServerError
from serving.torchserve.warm_up import warm_up

_V2 = f"/v2/models/{SPEC.name}/infer"


@dataclass(frozen=True)
class RunningDigits:
    """Running server, header with its key, and path of each dialect."""

    server: Server
    key: Mapping[str, str]
    routes: Mapping[Dialect, str]

    def endpoint(self, dialect: Dialect) -> Endpoint:
        return Endpoint(self.server.inference + self.routes[dialect], {"Content-Type": TYPES[dialect], **self.key})

    def pids(self) -> Mapping[int, str]:
        frontend = psutil.Process(self.server.pid)
        return {frontend.pid: "jvm"} | {child.pid: "worker" for child in frontend.children(recursive=True)}


@dataclass(frozen=True)
class DigitsServer(Contender):
    """Server of the archive in model_store, with config.properties and ``overrides``."""

    name: str = "digits"
    title: str = "this service"
    settings: str = "as scripts/up starts it: 1 worker, keys on"
    role: Role = Role.OURS
    routes: Mapping[Dialect, str] = field(
        default_factory=lambda: dict.fromkeys(Dialect, f"/predictions/{SPEC.name}") | {Dialect.V2: _V2}
    )
    overrides: Mapping[str, str] = field(default_factory=dict)
    behind_gateway: bool = False

    def prepare(self) -> None:
        """Raise ServerError if the archive is missing. scripts/bench builds it."""
        _archive()

    def versions(self) -> Mapping[str, str]:
        return {**server_versions(), "torch": version("torch"), "archive": _archive().sha256[:12]}

    @contextmanager
    def running(self, directory: Path) -> Iterator[RunningDigits]:
        started = server.start(directory, _archive(), {**free_ports(), **self.overrides}, self.behind_gateway)
        try:
            started.wait_ready()
            warm_up(started, _archive().path)
            with started.manage() as management:
                key = management.keys.inference
            yield RunningDigits(started, key.header, self.routes)
        finally:
            started.stop()


@contextmanager
def fresh(directory: Path) -> Iterator[RunningDigits]:
    """Run the service in a folder, after stopping processes of a killed run there."""
    stop_left(directory)
    with DigitsServer().running(directory.absolute()) as service:
        yield service


def stop_left(directory: Path) -> None:
    """Stop the processes of a killed run in a folder."""
    if left := server.find(directory):
        left.stop()


def _archive() -> Archive:
    description = record.recorded(paths.archive(SPEC.name))
    if description is None:
        raise ServerError("there is no archive: run scripts/package first")
    return description


def load_key(front: Gateway) -> str:
    """Return the key of a new client of a gateway, with limits that no load reaches."""
    client = Client("load", rate=10**6, expires=clients.in_days(1), concurrent=10**5)
    key = clients.add(front.clients, client)
    front.refresh()
    return key


def server_versions() -> dict[str, str]:
    """Return the versions of TorchServe and Java."""
    return {"torchserve": version("torchserve"), "Java": str(java.version(java.home(java.environment())))}


def serve_command(directory: Path, settings: Mapping[str, str], *options: str) -> list[str]:
    """Return the command that starts a node in a folder."""
    command = [sys.executable, str(paths.COMMANDS), "serve", f"--directory={directory}", *options]
    return command + [f"--set={name}={value}" for name, value in settings.items()]


def free_ports(*more: str) -> dict[str, str]:
    """Return settings with free ports, for TorchServe and for the settings ``more``."""
    names = (*properties.PORTS, *more)
    return {
        name: f"http://127.0.0.1:{port}" if name.endswith("address") else str(port)
        for name, port in zip(names, ports.free(len(names)), strict=True)
    }


def node_ports(scheme: str) -> dict[str, str]:
    """Return settings with free ports for a node. ``scheme`` of the gateway is http or https."""
    settings = free_ports("health_address", "gateway_address", "gateway_metrics_address")
    return settings | {"gateway_address": settings["gateway_address"].replace("http", scheme)}
