"""Cost of the counters of a worker, for docs/observability.md, from a server that counts and one that does not.

Throughput on a shared machine, or of two JVMs of one build, varies by a few percent. The benchmark therefore compares
the processor time per request of the two workers, and divides the difference by the processor time of JVM, worker and
clients. All servers are restarted a few times.
"""

import argparse
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import bodies, load, machine, processor
from benchmarks.contender import Dialect
from benchmarks.load import Load
from benchmarks.ours import DigitsServer, RunningDigits
from benchmarks.results import publish
from handlers import counters
from handlers.protocol import REQUEST
from serving.paths import ROOT
from serving.torchserve import properties
from training.reports.markdown import table
from training.reports.page import render

_CLIENTS = 64
_WARM_UP, _SECONDS = 10.0, 4.0
_PARTS = ("worker", "jvm", "clients")
_MOST = 3.0  # percent of the processor time of a request


def _contenders() -> Mapping[str, DigitsServer]:
    hidden = f"{properties.read()['blacklist_env_vars']}|{counters.FOLDER}"  # without it a worker does not count
    return {"counts": DigitsServer(), "does not": DigitsServer(overrides={"blacklist_env_vars": hidden})}


def measure(starts: int, rounds: int, directory: Path) -> dict[str, list[dict[str, float]]]:
    """Return, by server, the requests per second and the microseconds per request of each part, for each round."""
    results: dict[str, list[dict[str, float]]] = {}
    for start in range(starts):
        with ExitStack() as stack:
            running = {
                name: stack.enter_context(contender.running(directory / name.replace(" ", "-")))
                for name, contender in sorted(_contenders().items(), reverse=bool(start % 2))
            }
            loads = {name: _stamped(server) for name, server in running.items()}
            for contender in loads.values():
                load.measure_right(contender, _CLIENTS, _WARM_UP)
            load.in_turn(results, sorted(running), rounds, partial(_round, running, loads))
            print(f"start {start + 1} of {starts}", flush=True)
    return results


def _stamped(running: RunningDigits) -> Load:
    """Return the load of single images as raw pixels, with the header that the gateway adds."""
    checked = bodies.checked(running.endpoint(Dialect.RAW), Dialect.RAW)
    stamp = {REQUEST: f"{time.time_ns() // 1000};0d0c1b0e-5b0f-4b7e-9a3a-0f1e2d3c4b5a"}
    return replace(checked, endpoint=replace(checked.endpoint, headers={**checked.endpoint.headers, **stamp}))


def _round(running: Mapping[str, RunningDigits], loads: Mapping[str, Load], name: str) -> dict[str, float]:
    return processor.measured(loads[name], _CLIENTS, _SECONDS, running[name].pids())


Rounds = Mapping[str, Sequence[Mapping[str, float]]]


def costs(rounds: Rounds) -> list[float]:
    """Return, for each pair of rounds, the additional time of counting as a share of the time of a request."""
    pairs = zip(rounds["counts"], rounds["does not"], strict=True)
    return [(ours["worker"] - theirs["worker"]) / sum(theirs[part] for part in _PARTS) for ours, theirs in pairs]


def report(results: Mapping[str, Any]) -> str:
    """Return the report of the results."""
    rows = []
    for name, rounds in results["rounds"].items():
        rate, *parts = (statistics.median(round_[key] for round_ in rounds) for key in ("rate", *_PARTS))
        rows.append((name, f"{rate:,.0f}", *(f"{part:.1f} us" for part in parts)))
    percents = [100 * cost for cost in costs(results["rounds"])]
    low, cost, high = load.quartiles(percents)
    return render(
        __file__,
        **results,
        table=table(("the worker", "requests a second", "worker", "JVM", "clients"), rows),
        clients=_CLIENTS,
        count=len(percents),
        low=low,
        cost=cost,
        high=high,
        most=_MOST,
        met="met" if cost <= _MOST else "**missed**",
    )


def main(args: argparse.Namespace) -> None:
    results: dict[str, Any] = {"machine": machine.describe(), "starts": args.starts}
    results["rounds"] = measure(args.starts, args.rounds, ROOT / ".bench" / "counting")
    publish(args.docs, "observability.json", results, "observability.md#cost", report(results))
