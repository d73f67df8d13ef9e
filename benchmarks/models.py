"""Cost of many models on a node: memory, start time, and processor time of a request with 20 models against one.

Nodes are started as by users, with gateway and supervisor. For the cost of a request, nodes with one and with 20 models
run at the same time and are measured in turn, because a shared machine is not steady.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks import bodies, load, machine, memory, ours, processor
from benchmarks.contender import Dialect, Endpoint
from benchmarks.load import Load, LoadToolError
from benchmarks.results import publish
from model import SPEC
from serving.archives import admission
from serving.archives.record import Archive
from serving.declared import build, folder, resolution
from serving.gateway import gateway
from serving.node import deployment, models
from serving.paths import ROOT, archive
from serving.torchserve import server
from serving.torchserve.probe import answers
from serving.waiting import within
from training.reports.markdown import table
from training.reports.page import render

COUNTS = (1, 5, 20)  # models on a node
CLIENTS = 64
_MOST = 0.05  # of the processor time of a request
_PARTS = ("jvm", "worker", "gateway")
_MIB = 1 << 20
_EXAMPLE = ROOT / "examples" / "iris"
_START_SECONDS, _STOP_SECONDS, _POLL_SECONDS = 300.0, 120.0, 0.05
_SETTLE_SECONDS = 3.0  # after a start, until memory that only the start needs is free
_WARM_UP, _SECONDS = 5.0, 3.0


Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class RunningModels:
    """Running node, with the seconds until digits was ready (``first``) and until all models were (``every``)."""

    directory: Path
    first: float
    every: float

    @property
    def parts(self) -> dict[int, str]:
        """Return process id -> part for all processes of the node."""
        running, front = server.find(self.directory), gateway.find(self.directory)
        assert running
        assert front
        workers = psutil.Process(running.pid).children(recursive=True)
        return {running.pid: "jvm", front.pid: "gateway"} | {worker.pid: "worker" for worker in workers}

    def load(self) -> Load:
        """Return the load of single images as raw pixels through the gateway."""
        front = gateway.find(self.directory)
        assert front
        headers = {"Content-Type": "application/octet-stream", "Authorization": f"Bearer {ours.load_key(front)}"}
        return bodies.checked(Endpoint(f"{front.url}/predictions/{SPEC.name}", headers), Dialect.RAW)


def archives(store: Path, count: int, version: str = "1.0") -> list[Archive]:
    """Build the archives of ``count`` small models: the iris example under other names."""
    paths = []
    with tempfile.TemporaryDirectory(prefix="models-") as temporary:
        source = Path(shutil.copytree(_EXAMPLE, Path(temporary) / "iris"))
        subprocess.run([sys.executable, str(_EXAMPLE / "make.py"), str(source)], check=True, timeout=120)
        declaration = source / "model.toml"
        text = declaration.read_text()
        for number in range(count):
            name = f"iris-{number + 1}"
            declaration.write_text(text.replace('name = "iris"', f'name = "{name}"'))
            store.mkdir(parents=True, exist_ok=True)
            paths.append(build.build(resolution.resolve(folder.read(source)), store / f"{name}.mar", version))
    return paths


@contextmanager
def node(directory: Path, further: Sequence[Archive]) -> Iterator[RunningModels]:
    """Run a node with digits and these models in a new folder while the block runs."""
    shutil.rmtree(directory, ignore_errors=True)
    deployment.adopt_build(directory, admission.admit(archive(SPEC.name)))
    for other in further:
        deployment.add(directory, other)
    settings = ours.node_ports("http")
    command = ours.serve_command(directory, settings, "--gateway", "--json")
    began = time.monotonic()
    with (directory / "serve.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        first = _wait(began, process, lambda: answers(f"{settings['health_address']}/readyz"))
        yield RunningModels(directory, first, _wait(began, process, lambda: _all_ready(directory)))
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


def _wait(began: float, process: "subprocess.Popen[bytes]", condition: Callable[[], bool]) -> float:
    """Wait for a condition. Return the seconds since ``began``. Raises LoadToolError if it stays false."""
    if not within(_START_SECONDS, lambda: process.poll() is not None or condition(), _POLL_SECONDS):
        raise LoadToolError(f"a node was not ready after {_START_SECONDS:.0f} s")
    if process.poll() is not None:
        raise LoadToolError("a node ended while it started: its serve.log in .bench/models says why")
    return time.monotonic() - began


def _all_ready(directory: Path) -> bool:
    running = server.find(directory)
    if failed := models.failures(directory):
        raise LoadToolError(f"models failed to load: {failed}")
    return running is not None and models.settled(running)


def nodes(directory: Path, further: Sequence[Archive], times: int, rounds: int) -> dict[str, Any]:
    """Measure nodes with each number of models. Return two tables by number of models.

    starts    seconds of each start, and memory after it
    requests  rate and microseconds per answer of each round, for the smallest and the largest number of models in turn
    """
    ends = (COUNTS[0], COUNTS[-1])
    starts: dict[str, list[dict[str, Any]]] = {str(count): [] for count in COUNTS}
    requests: dict[str, list[dict[str, float]]] = {}
    for turn in range(times):
        with ExitStack() as stack:
            running: dict[str, RunningModels] = {}
            for count in (*COUNTS[1:-1], *ends):  # the last two nodes continue to run
                with ExitStack() as alone:
                    place = stack if count in ends else alone
                    started = place.enter_context(node(directory / f"{count}-models", further[: count - 1]))
                    starts[str(count)].append(_started(started))
                running |= {str(count): started} if count in ends else {}
                print(f"start {turn + 1} of {times}, {count} models: {starts[str(count)][-1]}", flush=True)
            loads = {count: running_models.load() for count, running_models in running.items()}
            for sent in loads.values():
                load.measure_right(sent, CLIENTS, _WARM_UP)
            load.in_turn(requests, running, rounds, partial(_round, running, loads))
        print(f"side by side, start {turn + 1} of {times}", flush=True)
    return {"starts": starts, "requests": requests}


def _started(running: RunningModels) -> dict[str, Any]:
    time.sleep(_SETTLE_SECONDS)
    return {"first": running.first, "every": running.every, "memory": memory.by_part(running.parts)}


def _round(running: Mapping[str, RunningModels], loads: Mapping[str, Load], count: str) -> dict[str, float]:
    return processor.measured(loads[count], CLIENTS, _SECONDS, running[count].parts)


def costs(requests: Mapping[str, Rows]) -> list[float]:
    """Return, for each pair of rounds, the relative increase of processor time per request with the most models."""
    pairs = zip(requests[str(COUNTS[-1])], requests[str(COUNTS[0])], strict=True)
    return [sum(many[part] for part in _PARTS) / sum(one[part] for part in _PARTS) - 1 for many, one in pairs]


def report(results: Mapping[str, Any]) -> str:
    """Return the section of docs/operations.md on the results."""
    lines = []
    for count, rows in results["starts"].items():
        seconds = [statistics.median(row[name] for row in rows) for name in ("first", "every")]
        bytes_ = [statistics.median(row["memory"][part]["pss"] for row in rows) for part in _PARTS]
        lines.append(
            [count, *(f"{value:.1f} s" for value in seconds), *(f"{value / _MIB:.0f} MiB" for value in bytes_)]
        )
    ratios = costs(results["requests"])
    low, cost, high = load.quartiles(ratios)
    return render(
        __file__,
        **results,
        table=table(("models", "first ready", "all ready", "JVM", "workers", "gateway"), lines),
        clients=CLIENTS,
        models=COUNTS[-1],
        low=low,
        cost=cost,
        high=high,
        count=len(ratios),
        most=_MOST,
        met="met" if cost <= _MOST else "**missed**",
        one=load.medians(results["requests"][str(COUNTS[0])]),
        many=load.medians(results["requests"][str(COUNTS[-1])]),
    )


def main(args: argparse.Namespace) -> None:
    directory = ROOT / ".bench" / "models"
    further = archives(directory / "archives", COUNTS[-1] - 1)
    results = {"machine": machine.describe(), **nodes(directory, further, args.starts, args.rounds)}
    publish(args.docs, "models.json", results, "operations.md#models", report(results))
