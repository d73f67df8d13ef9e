"""Throughput of a node in a container beside that of the same node without one."""

import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import load
from benchmarks.contender import Endpoint
from benchmarks.load import Load, LoadToolError
from scripts.building import checks
from scripts.building.container import Container
from scripts.building.node import RunningNode
from serving.archives import samples
from serving.paths import ROOT
from serving.torchserve.ports import free

CLIENTS = 64
_WARM_UP, _SECONDS, _ROUNDS = 8.0, 3.0, 8
_END_SECONDS = 60.0


class HostNode(RunningNode):
    """A node on this machine, with its run folder in a directory."""

    def __init__(self, directory: Path) -> None:
        ports = dict(
            zip(("inference", "management", "metrics", "health", "gateway", "gateway_metrics"), free(6), strict=True)
        )
        schemes = dict.fromkeys(ports, "http") | {"gateway": "https"}
        urls = {name: f"{schemes[name]}://127.0.0.1:{port}" for name, port in ports.items()}
        super().__init__(urls["gateway"], urls["health"])
        self.directory = str(directory / "node")
        command = ["scripts/serve", "--gateway", "--directory", self.directory]
        command += [f"--set={name}_address={url}" for name, url in urls.items()]
        command += [
            f"--set=grpc_{kind}_port={port}" for kind, port in zip(("inference", "management"), free(2), strict=True)
        ]
        self._log = directory / "node.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def exec(self, *command: str) -> str:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=_END_SECONDS
        ).stdout

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def log(self) -> str:
        return self._log.read_text()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_END_SECONDS)


@contextmanager
def alone(directory: Path) -> Iterator[RunningNode]:
    """A READY node of this machine; stopped at the end."""
    node = HostNode(directory)
    try:
        node.wait_ready()
        yield node
    finally:
        node.stop()


def measure(container: Container, directory: Path) -> dict[str, list[float]]:
    """Answers a second of each round, ``inside`` a container and ``outside``. Raises LoadToolError."""
    with alone(directory) as process:
        loads = {"inside": _load(container), "outside": _load(process)}
        for checked in loads.values():
            load.measure(checked, CLIENTS, _WARM_UP)
        rates: dict[str, list[float]] = {name: [] for name in loads}
        for turn in range(_ROUNDS):
            for name in list(loads)[:: -1 if turn % 2 else 1]:  # whoever goes first has no advantage
                rates[name].append(_rate(loads[name]))
    return rates


def share(rates: dict[str, list[float]]) -> float:
    """Return the throughput inside as a share of that outside: the median of the rounds' own shares."""
    return statistics.median(
        inside / outside for inside, outside in zip(rates["inside"], rates["outside"], strict=True)
    )


def _rate(checked: Load) -> float:
    measurement = load.measure(checked, CLIENTS, _SECONDS)
    if measurement.failure:
        raise LoadToolError(measurement.failure)
    return measurement.rate


def _load(node: RunningNode) -> Load:
    name, archive = checks.served()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {node.key}"}
    endpoint = Endpoint(f"{node.gateway}/predictions/{name}", headers)
    return Load(endpoint, [samples.golden_request(archive).request], '"predictions"')
