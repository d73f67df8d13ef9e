"""Stock TorchServe: default settings and logs, and the handler of a tutorial, in the environment of the product."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from benchmarks import ours
from benchmarks.contender import Contender, Dialect, Role
from benchmarks.peers.launch import Launch, RunningPeer, scratch_folder
from model import SPEC
from serving.torchserve import java, properties

_PROGRAMS = Path(sys.executable).parent
_ROUTE = f"/predictions/{SPEC.name}"
_COMMAND = (
    *(str(_PROGRAMS / "torchserve"), "--start", "--foreground", "--ncs", "--disable-token-auth"),
    *("--ts-config", "config.properties"),
)
_PARTS = {"ModelServer": "jvm", "model_service_worker": "worker"}


@dataclass(frozen=True)
class Stock(Contender):
    """Stock TorchServe. It is not a Peer, because it needs an archive, five ports and Java, but no own environment."""

    name: str = "torchserve"
    title: str = "stock TorchServe"
    settings: str = (
        "defaults (a worker a core, batch size 1, its own logs) but a queue for 1,000; BaseHandler, no tokens"
    )
    role: Role = Role.PEER
    routes: Mapping[Dialect, str] = field(default_factory=lambda: dict.fromkeys((Dialect.RAW, Dialect.JSON), _ROUTE))

    def versions(self) -> Mapping[str, str]:
        packages = {name: version(name) for name in ("torchserve", "torch")}
        return packages | {"Java": str(java.version(java.home(java.environment())))}

    @contextmanager
    def running(self, directory: Path) -> Iterator[RunningPeer]:
        """Run TorchServe while the block runs. Raises PeerError without right answers in two minutes."""
        directory.mkdir(parents=True, exist_ok=True)
        _archive(directory)
        addresses = ours.free_ports()
        properties.write(_settings(directory, addresses), directory / "config.properties")
        with scratch_folder() as scratch:
            launch = Launch(
                _COMMAND,
                properties.port(addresses, "inference_address"),
                self.routes,
                _variables(directory, scratch),
                _PARTS,
            )
            with launch.running(directory, scratch) as service:
                yield service


def _archive(directory: Path) -> None:
    handler = Path(__file__).with_name("handler.py")
    options = {"--model-name": SPEC.name, "--version": "1.0", "--handler": str(handler), "--export-path": "."}
    command = [str(_PROGRAMS / "torch-model-archiver"), "--force", *chain.from_iterable(options.items())]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)


def _settings(directory: Path, addresses: Mapping[str, str]) -> dict[str, str]:
    """Return addresses, model, and a longer queue: with the default of 100 places TorchServe refuses 128 clients."""
    return {**addresses, "model_store": str(directory), "load_models": f"{SPEC.name}.mar", "job_queue_size": "1000"}


def _variables(directory: Path, scratch: Path) -> dict[str, str]:
    logs = str(directory / "logs")
    chosen = {name: value for name, value in java.environment().items() if name in ("JAVA_HOME", "JDK_JAVA_OPTIONS")}
    return {**chosen, "TEMP": str(scratch), "LOG_LOCATION": logs, "METRICS_LOCATION": logs}
