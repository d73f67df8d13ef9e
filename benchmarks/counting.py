"""What a worker's counting costs: two servers side by side, one of which does not count, and docs/observability.md.

Throughput on a shared machine tells little of a few percent. The processor time that a request takes, of server and
clients together, tells more: 64 clients keep every core busy, so throughput is its inverse.
"""

import argparse
import math
import resource
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

from benchmarks import bodies, load, machine
from benchmarks.contender import Dialect, Endpoint
from benchmarks.load import Load
from benchmarks.ours import Digits, RunningDigits
from handlers import counters
from handlers.protocol import START, TRACE
from model.files import replace, replace_json
from serving import properties
from serving.paths import ROOT

_COMMAND = "python -m benchmarks.counting"
_CLIENTS = 64
_WARM_UP, _SECONDS = 15.0, 4.0
_MOST = 0.03  # of throughput
_BEGIN, _END = "<!-- cost: written by python -m benchmarks.counting -->\n", "<!-- end -->"


def _contenders() -> Mapping[str, Digits]:
    hidden = f"{properties.read()['blacklist_env_vars']}|{counters.FOLDER}"  # who is not told where does not count
    return {"counts": Digits(), "does not": Digits(overrides={"blacklist_env_vars": hidden})}


def measure(rounds: int, directory: Path) -> dict[str, list[dict[str, float]]]:
    """Of each server, a round's requests a second, and microseconds of processor time for a request, clients' too."""
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(each.running(directory / name.replace(" ", "-")))
            for name, each in _contenders().items()
        }
        loads = {name: _stamped(server) for name, server in running.items()}
        for each in loads.values():
            _loaded(each, _WARM_UP)
        found: dict[str, list[dict[str, float]]] = {name: [] for name in running}
        for turn in range(rounds):
            for name in sorted(running, reverse=bool(turn % 2)):  # whoever goes first has no advantage
                found[name].append(_round(running[name], loads[name]))
    return found


def _stamped(running: RunningDigits) -> Load:
    """Single images as raw pixels, with the headers that the gateway adds."""
    checked = bodies.checked(running.endpoint(Dialect.RAW), Dialect.RAW)
    stamps = {START: str(time.time_ns() // 1000), TRACE: "0d0c1b0e-5b0f-4b7e-9a3a-0f1e2d3c4b5a"}
    endpoint = Endpoint(checked.endpoint.url, {**checked.endpoint.headers, **stamps})
    return Load(endpoint, checked.bodies, checked.marker, checked.count)


def _round(running: RunningDigits, checked: Load) -> dict[str, float]:
    processes = [psutil.Process(pid) for pid in running.pids()]
    before = _processor_time(processes)
    measured = _loaded(checked, _SECONDS)
    return {"rate": measured.rate, "processor_us": 1e6 * (_processor_time(processes) - before) / measured.requests}


def _loaded(checked: Load, seconds: float) -> load.Measurement:
    measured = load.measure(checked, _CLIENTS, seconds)
    if measured.failure:
        raise load.LoadError(measured.failure)
    return measured


def _processor_time(processes: Sequence[psutil.Process]) -> float:
    """Seconds of all of them and of every wrk so far, in user and in system mode."""
    clients = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(sum(process.cpu_times()[:2]) for process in processes) + clients.ru_utime + clients.ru_stime


def report(found: Mapping[str, Sequence[Mapping[str, float]]], about: Mapping[str, str]) -> str:
    """Markdown of what ``measure`` gave."""
    medians = {
        name: {key: statistics.median(each[key] for each in rounds) for key in ("rate", "processor_us")}
        for name, rounds in found.items()
    }
    lines = ["| the worker | requests a second | processor time for a request |", "| --- | --- | --- |"]
    for name, figures in medians.items():
        lines.append(f"| {name} | {figures['rate']:,.0f} | {figures['processor_us']:.1f} us |")
    pairs = zip(found["counts"], found["does not"], strict=True)
    ratios = [ours["processor_us"] / theirs["processor_us"] for ours, theirs in pairs]
    cost, doubt = statistics.mean(ratios) - 1, statistics.stdev(ratios) / math.sqrt(len(ratios))
    met = "met" if cost <= _MOST else "**missed**"
    lines += [
        "",
        f"{_CLIENTS} clients on {about['cores']} cores ({about['processor']}), single images as raw pixels with the",
        f"gateway's headers; medians of {len(ratios)} rounds, the servers in turn. Clients and server share the cores",
        "and keep them busy, so throughput is the inverse of the processor time of all. Pair by pair counting costs",
        f"{100 * cost:.1f} % of it (standard error {100 * doubt:.1f}); at most {100 * _MOST:.0f} %: {met}.",
        "",
    ]
    return "\n".join(lines)


def written(text: str, section: str) -> str:
    """The document with the section in its place."""
    head, _, rest = text.partition(_BEGIN)
    return head + _BEGIN + section + _END + rest.partition(_END)[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog=_COMMAND, description=__doc__)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where observability.md and .json are written")
    asked = parser.parse_args()
    found: dict[str, Any] = {"machine": machine.describe()}
    found["rounds"] = measure(asked.rounds, ROOT / ".bench" / "counting")
    replace_json(asked.docs / "observability.json", found)
    document = asked.docs / "observability.md"
    section = report(found["rounds"], found["machine"])
    replace(document, written(document.read_text(), section).encode())
    print(section)


if __name__ == "__main__":
    main()
