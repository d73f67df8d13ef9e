"""Fixtures and helpers: a node whose archives and workers change."""

import json
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from inference import files
from inference.samples import Samples
from model import SPEC
from serving import paths
from serving.archives import record, seal, signing
from serving.archives.record import Archive
from serving.changes.gates import Gates
from serving.changes.rollout import RolloutTrial
from serving.gateway import haproxy, launch
from serving.gateway.settings import Settings
from serving.node import deployment, models
from serving.node.supervisor import Supervisor
from serving.torchserve import properties, registrations, server
from serving.torchserve.management import UNANSWERED
from serving.torchserve.server import Server
from training.data.dataset import Dataset

from ..conftest import until
from ..gateway.conftest import node_ports

READY = "READY"


@pytest.fixture(scope="package")
def node(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the folder of a node that runs as scripts/serve runs it, with a gateway if HAProxy is installed."""
    directory = tmp_path_factory.mktemp("node")
    deployment.adopt_build(directory, archive)
    chosen = node_ports()
    settings = properties.read() | chosen
    behind_gateway = bool(haproxy.find())
    door = (
        (lambda: launch.start(directory, Settings.of(settings, True), models.routes(directory)))
        if behind_gateway
        else None
    )
    begin = partial(deployment.start_deployed, directory, chosen, behind_gateway)
    supervisor = Supervisor(directory, begin, settings["health_address"], door)
    life = threading.Thread(target=supervisor.run)
    life.start()
    try:
        until(lambda: not life.is_alive() or supervisor.ready, 120)
        assert life.is_alive(), "the supervisor ended"
        until(lambda: READY in states(directory, registrations.EXPLAINER), 30)
        yield directory
    finally:
        supervisor.stop()
        life.join()


@pytest.fixture(scope="package")
def trial(mnist: Dataset) -> RolloutTrial:
    """Return a trial with fewer images than scripts/rollout uses and a wide limit for latency."""
    return RolloutTrial(Gates(factor=50.0), Samples(mnist.test.images[:1000], mnist.test.labels[:1000]), timed=40)


@pytest.fixture
def repacked(archive: Archive, tmp_path: Path) -> Callable[..., Archive]:
    """Return a function that packs the product's archive with another version, and changes its members."""

    return lambda version, change=unchanged: repack(archive, tmp_path, version, change)


def unchanged(_name: str, content: bytes) -> bytes:
    return content


def repack(
    archive: Archive, folder: Path, version: str, change: Callable[[str, bytes], bytes] = unchanged, model: str = ""
) -> Archive:
    """Copy an archive into a folder with another version, and optionally other members and another model name."""
    name = model or archive.name
    path = folder / f"{name}-{version}.mar"
    inside = seal.opened(archive.path.read_bytes())
    manifest = json.loads(inside[seal.MANIFEST])
    manifest["model"] |= {"modelVersion": version, "modelName": name}
    changed = inside | {seal.MANIFEST: json.dumps(manifest).encode()}
    path.write_bytes(seal.seal({member: change(member, content) for member, content in changed.items()}))
    return recorded(path, version, name)


def recorded(path: Path, version: str, name: str = SPEC.name) -> Archive:
    packed = signing.signed(Archive(path, record.sha256(path.read_bytes()), "", name, version))
    files.replace(record.record_path(path), packed.record())
    return packed


def server_of(directory: Path) -> Server:
    running = server.find(directory)
    assert running
    return running


def workers(directory: Path, version: str | None = None) -> list[int]:
    """Return the process ids of the workers of a version."""
    with server_of(directory).manage() as management:
        return [worker["pid"] for worker in management.describe(version)[0]["workers"]]


def more(counted: Counter[str], version: str, answers: int) -> None:
    """Wait until a version has given this many more answers."""
    enough = counted[version] + answers
    until(lambda: counted[version] > enough, 20)


def states(directory: Path, name: str = SPEC.name) -> list[str]:
    """Return the states of the workers of the default version. Empty if nothing is registered or no server answers."""
    try:
        with server_of(directory).manage(name) as management:
            return [worker["status"] for worker in management.describe()[0]["workers"]]
    except UNANSWERED:
        return []


def served(directory: Path, name: str = SPEC.name) -> dict[str, str]:
    """Return the description of the only registered version."""
    with server_of(directory).manage(name) as management:
        (version,) = management.describe("all")
    return version


def rollout(node: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return command(node, "rollout", *arguments)


def command(node: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [f"scripts/{name}", "--directory", str(node), *arguments]
    return subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=240)
