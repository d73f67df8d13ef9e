"""Servers of own models: this service and peers, each started with one model."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import ours
from benchmarks.contender import Endpoint
from benchmarks.own.models import Case
from benchmarks.peers import own, registry
from benchmarks.peers.launch import scratch_folder
from benchmarks.peers.peer import Peer
from serving import version
from serving.archives.record import Archive
from serving.declared import build, folder, resolution
from serving.torchserve import server

_TYPES = {"json": "application/json", "base64": "application/json", "png": "image/png"}


@dataclass(frozen=True)
class OwnModelServer:
    """Server of own models.

    forms  form of the request bodies, by case
    start  starts the server with a case in a folder, and ends it after the block
    """

    name: str
    title: str
    settings: str
    forms: Mapping[str, str]
    prepare: Callable[[], None]
    versions: Callable[[], Mapping[str, str]]
    start: Callable[[Case, Path], AbstractContextManager[Endpoint]]


def servers() -> list[OwnModelServer]:
    """Return all servers, this service first."""
    return [_ours(1), _ours(2), *map(_theirs, _peers())]


def _ours(workers: int) -> OwnModelServer:
    forms = {"table": "json", "image": "png"}

    @contextmanager
    def start(case: Case, directory: Path) -> Iterator[Endpoint]:
        scaled = {"default_workers_per_model": str(workers)}
        started = server.start(directory, packaged(case, directory), ours.free_ports() | scaled)
        try:
            started.wait_ready()
            with started.manage() as management:
                key = management.keys.inference.header
            kind = {"Content-Type": _TYPES[forms[case.name]]}
            yield Endpoint(f"{started.inference}/predictions/{case.name}", {**kind, **key})
        finally:
            started.stop()

    name, title = ("ours", "this service") if workers == 1 else (f"ours-{workers}", f"this service, {workers} workers")
    settings = "as scripts/up starts it: 1 worker, keys on" if workers == 1 else f"after scripts/scale {workers}"
    return OwnModelServer(name, title, settings, forms, lambda: None, ours.server_versions, start)


def packaged(case: Case, directory: Path) -> Archive:
    """Package a case into a separate store."""
    resolved = resolution.resolve(folder.read(case.folder))
    return build.build(resolved, directory.with_name(f"{directory.name}-store") / f"{case.name}.mar", version.read())


def _peers() -> list[Peer]:
    """Return the peers, set up as for digits but with ONNX Runtime instead of PyTorch."""
    bentoml = tuple("own:Own" if word == "server:BentoDigits" else word for word in registry.BENTOML.command)
    workers = "2 workers, 2 API servers, fast_queue, batches of up to 64 after 1 ms, access log off"
    return [
        registry.FASTAPI,
        replace(registry.LITSERVE, command=(*registry.LITSERVE.command[:-1], "2"), settings=workers),
        replace(registry.BENTOML, command=bentoml),
    ]


def _theirs(peer: Peer) -> OwnModelServer:
    reads_files = peer.name == "fastapi"
    forms = {"table": "json", "image": "png" if reads_files else "base64"}

    @contextmanager
    def start(case: Case, directory: Path) -> Iterator[Endpoint]:
        path = "image" if case.name == "image" and peer.name != "litserve" else "json"
        with (
            scratch_folder() as scratch,
            peer.launch(scratch).started(directory, scratch, **{own.GRAPH: str(case.graph)}) as started,
        ):
            yield Endpoint(f"{started.address}/{path}", {"Content-Type": _TYPES[forms[case.name]]})

    def versions() -> Mapping[str, str]:
        return peer.environment.versions((*peer.packages, "onnxruntime"))

    return OwnModelServer(peer.name, peer.title, peer.settings, forms, peer.prepare, versions, start)
