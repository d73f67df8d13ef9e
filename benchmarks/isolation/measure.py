"""Latencies of predictions while explanations run, for each arrangement of workers, for docs/isolation.md.

An arrangement takes two minutes. Its results are stored, so that a stopped run resumes. --again measures it again.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks import bodies, load, machine
from benchmarks.contender import Dialect
from benchmarks.isolation import isolation_report
from benchmarks.isolation.requests import RequestLoop
from benchmarks.ours import DigitsServer, RunningDigits
from benchmarks.results import Results
from inference.files import replace, replace_json
from model import SPEC
from model.explanations import METHODS
from serving import paths
from serving.arguments import choose
from serving.torchserve import registrations
from training.reports import folders

EXPLANATIONS = 2.0  # a second
CLIENTS = 8
PACE = 100.0  # predictions a second: a small load, in which each stall delays only the requests during the stall
_WARM_UP = 10.0  # seconds of load before the first measurement
_ROUNDS, _SECONDS = 3, 4.0
_PATIENCE = 10.0  # seconds to wait for an idle machine before each measurement
_SINGLE, _FEW = 40, 10  # number of consecutive explanations with default samples and with the most samples
MOST = {name: samples.most for name, samples in METHODS.items()}
DEFAULT = {name: samples.default for name, samples in METHODS.items()}


@dataclass(frozen=True)
class Arrangement:
    """Workers for predictions. Explanations run there or in a separate worker (``own``), at low priority (``nice``)."""

    name: str
    title: str
    workers: int = 1
    own: bool = False
    nice: bool = False

    @property
    def path(self) -> str:
        """Return the path of explanations."""
        return f"/explanations/{registrations.EXPLAINER if self.own else SPEC.name}"

    @contextmanager
    def running(self, directory: Path) -> Iterator[RunningDigits]:
        """Run a new server in this arrangement."""
        with DigitsServer().running(directory) as running:
            if self.workers > 1:
                with running.server.manage() as management:
                    management.scale(self.workers)
            if self.own:
                registrations.add(running.server, registrations.EXPLAINER, paths.archive(SPEC.name).name)
            if self.own and not self.nice:
                psutil.Process(self.worker(running)).nice(0)  # only root may raise the priority of a process
            yield running

    def worker(self, running: RunningDigits) -> int:
        """Return the process id of a worker for explanations."""
        with running.server.manage(registrations.EXPLAINER if self.own else SPEC.name) as management:
            return int(management.describe()[0]["workers"][0]["pid"])


ARRANGEMENTS = (
    Arrangement("shared", "one worker for both"),
    Arrangement("two", "two workers for both", workers=2),
    Arrangement("own", "separate registration, nice 0", own=True),
    Arrangement("nice", "separate registration at nice 10 (the default)", own=True, nice=True),
)


def run(arrangement: Arrangement, directory: Path) -> dict[str, Any]:
    """Return milliseconds of explanations alone, by method, and of predictions with and without explanations.

    With predictions, explanations use the slowest method, with the default samples and with the most samples.
    """
    with arrangement.running(directory) as running:
        worker = psutil.Process(arrangement.worker(running))
        before = worker.memory_info().rss
        first = _client(running, arrangement, "integrated_gradients", DEFAULT).in_turn(1)[0]
        checked = bodies.checked(running.endpoint(Dialect.RAW), Dialect.RAW)
        load.measure(checked, CLIENTS, _WARM_UP)
        methods = {name: _single(_client(running, arrangement, name, DEFAULT)) for name in METHODS}
        most = {name: _single(_client(running, arrangement, name, MOST), _FEW) for name in METHODS}
        slowest = max(most, key=lambda name: most[name]["p50"])
        streams = {
            "none": None,
            "default": _client(running, arrangement, slowest, DEFAULT),
            "most": _client(running, arrangement, slowest, MOST),
        }
        rounds = [
            {name: _predicted(running, checked, stream) for name, stream in streams.items()} for _ in range(_ROUNDS)
        ]
        memory = {"before": before, "after": worker.memory_info().rss}
    return {
        "title": arrangement.title,
        "first_ms": 1000 * first,
        "memory": memory,
        "methods": methods,
        "most": most,
        "slowest": slowest,
        "pace": round(PACE),
        "predictions": {name: load.medians(round_[name] for round_ in rounds) for name in streams},
    }


def main(args: argparse.Namespace) -> None:
    names = [arrangement.name for arrangement in ARRANGEMENTS]
    only = choose(args.only, names)
    results = Results(args.results)
    for name in choose(args.again, names) if args.again else []:
        results.drop(name)
    for arrangement in ARRANGEMENTS:
        if arrangement.name in only and not results.has(arrangement.name):
            results.put(arrangement.name, run(arrangement, args.results / "run" / arrangement.name))
            print(f"measured: {arrangement.title}", flush=True)
    contents = {arrangement.name: content for arrangement in ARRANGEMENTS if (content := results.get(arrangement.name))}
    if isolation_report.CHOSEN not in contents:
        return
    about = machine.describe()
    replace_json(folders.results(args.docs) / "isolation.json", {"machine": about, "arrangements": contents})
    replace(args.docs / "isolation.md", isolation_report.write(contents, about, "scripts/bench isolation").encode())
    print(f"written: {args.docs}/isolation.md and results/isolation.json next to it")


def _client(running: RunningDigits, arrangement: Arrangement, method: str, samples: dict[str, int]) -> RequestLoop:
    url = f"{running.server.inference}{arrangement.path}?method={method}&samples={samples[method]}"
    headers = {"Content-Type": "application/octet-stream", **running.key}
    return RequestLoop(url, headers, bodies.samples().images[0].tobytes())


def _single(client: RequestLoop, count: int = _SINGLE) -> dict[str, float]:
    client.in_turn(5)
    return _figures(client.in_turn(count))


def _predicted(running: RunningDigits, checked: load.Load, stream: RequestLoop | None) -> dict[str, float]:
    """Return p99 at 8 clients, and the latencies of a paced client, during the stream of explanations."""
    endpoint = running.endpoint(Dialect.RAW)
    paced = RequestLoop(endpoint.url, endpoint.headers, checked.bodies[0])
    machine.wait_idle(_PATIENCE)
    with stream.paced(EXPLANATIONS) if stream else nullcontext([0.0]) as explained:
        busy = load.measure_right(checked, CLIENTS, _SECONDS)
        with paced.paced(PACE) as latencies:
            time.sleep(_SECONDS)
    figures = {f"paced_{name}": value for name, value in _figures(latencies).items()}
    closed = {"p50": busy.p50, "p99": busy.p99, "rate": busy.rate}
    return {**closed, **figures, "explained": len(explained), "explained_p50": 1000 * statistics.median(explained)}


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "p50": 1000 * statistics.median(ordered),
        "p99": 1000 * ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))],
        "most": 1000 * ordered[-1],
    }
