"""Latency of one model while other models are added to its node, rolled out and removed, by the commands of users.

Each request is timed, so the seconds during a change are compared with the seconds before it.
"""

import argparse
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import h2load, load, machine, models
from benchmarks.gateway import refusals
from benchmarks.h2load import TimedAnswer
from benchmarks.load import Load, LoadToolError
from benchmarks.results import Content
from benchmarks.targets import Target
from serving.gateway import gateway
from serving.paths import ROOT
from training.reports.markdown import rounded, table
from training.reports.page import render

FILE = "changes.json"
CLIENTS = 8
OPEN_CLIENTS, OPEN_SHARE = 64, 0.4  # connections, and share of the rate of the closed-loop clients
_MOST_GROWTH = 2.0  # largest ratio of the p99 during a change to the p99 before
_WORDS = {"add": "is added", "rollout": "is rolled out", "remove": "is removed"}
_WARM_UP = 10.0  # seconds of load before the first change
_WINDOW = 4.0  # seconds that are compared, before and from the start of a change; more after it if it takes longer
_MOST_SECONDS = 120.0  # for a change
_NEXT = "2.0"  # version that is rolled out


@dataclass(frozen=True)
class TimedChange:
    """Change of a node: kind, start and end, in seconds since the epoch."""

    kind: str
    began: float
    ended: float

    def compared(self, answers: Sequence[TimedAnswer]) -> Content:
        """Return the p99 in ms before and during the change. Raises LoadToolError if there are no answers."""
        before = _p99(answers, self.began - _WINDOW, self.began)
        during = _p99(answers, self.began, max(self.ended, self.began + _WINDOW))
        return {"before": before, "during": during, "seconds": self.ended - self.began}


def run(args: argparse.Namespace, directory: Path) -> Content:
    """Start a node and measure it with both kinds of load. Raises UserError if a change fails."""
    h2load.check_installed()
    first = models.archives(directory / "archives", args.rounds)
    following = models.archives(directory / "following", args.rounds, _NEXT)
    commands = [
        command
        for archive, newer in zip(first, following, strict=True)
        for command in (
            ["models", "add", str(archive.path)], ["rollout", str(newer.path)], ["models", "remove", archive.name],
        )
    ]  # fmt: skip
    with models.node(directory / "node", []) as running:
        sent, front = running.load(), gateway.find_running(running.directory)
        assert front
        refused = refusals(front)
        load.measure_right(sent, CLIENTS, _WARM_UP)
        capacity = load.measure_right(sent, CLIENTS, _WINDOW).rate
        rates = {"closed": 0.0, "open": OPEN_SHARE * capacity}
        figures = {kind: _measured(sent, rate, running.directory, commands) for kind, rate in rates.items()}
        if failed := refusals(front) - refused:
            raise LoadToolError(f"{failed} requests were refused while they were measured")
    return {"machine": machine.describe(), "rates": rates, "capacity": capacity, "figures": figures}


def _measured(sent: Load, rate: float, directory: Path, commands: Sequence[list[str]]) -> dict[str, list[Content]]:
    """Return the comparisons of all changes by kind."""
    clients = OPEN_CLIENTS if rate else CLIENTS
    with h2load.stream(sent, clients, rate) as answers:
        changes = [_changed(command, directory) for command in commands]
    figures: dict[str, list[Content]] = {}
    for change in changes:
        figures.setdefault(change.kind, []).append(compared := change.compared(answers))
        print(f"{change.kind}, {f'{rate:.0f}/s' if rate else f'{clients} clients'}: {compared}", flush=True)
    return figures


def _changed(command: Sequence[str], directory: Path) -> TimedChange:
    """Run a command in a new session, as from another terminal. Wait before and after it for the comparison."""
    name, *words = command
    time.sleep(_WINDOW)
    began = time.time()
    line = [str(ROOT / "scripts" / name), *words, f"--directory={directory}"]
    done = subprocess.run(
        line, capture_output=True, text=True, check=False, timeout=_MOST_SECONDS, start_new_session=True
    )
    if done.returncode:
        raise LoadToolError(f"scripts/{name} {words[0]}: {done.stderr.strip()}")
    change = TimedChange(words[0] if name == "models" else name, began, time.time())
    time.sleep(max(0.0, _WINDOW - (change.ended - began)))
    return change


def _p99(answers: Sequence[TimedAnswer], start: float, end: float) -> float:
    times = sorted(answer.took for answer in answers if start <= answer.sent < end)
    if not times:
        raise LoadToolError("no request was answered")
    return times[int(0.99 * len(times))]


def section(content: Content) -> str:
    rows = [
        (
            *(clients, kind, rounded(figures["before"]), rounded(figures["during"])),
            f"{statistics.median(growths):.2f}x",
            f"{min(growths):.1f} to {max(growths):.1f}",
            f"{figures['slowest']:.1f} s",
        )
        for clients, kind, figures, growths in _growths(content)
    ]
    return render(
        __file__,
        **content,
        clients=CLIENTS,
        share=OPEN_SHARE,
        rounds=len(content["figures"]["closed"]["add"]),
        table=table(("requests from", "change", "p99 before", "during", "growth", "all", "slowest"), rows, left=2),
    )


def targets(content: Content) -> list[Target]:
    """Return the targets for the growth of the p99, for each kind of load and of change."""
    stated = []
    for clients, kind, figures, growths in _growths(content):
        growth = statistics.median(growths)
        words = f"a model {_WORDS[kind]}: p99 of another at {clients} at most doubles"
        measured = f"{growth:.2f} x: {figures['during']:.1f} ms against {figures['before']:.1f} ms"
        stated.append(Target(words, measured, growth <= _MOST_GROWTH))
    return stated


def _growths(content: Content) -> Iterator[tuple[str, str, dict[str, float], list[float]]]:
    """Yield the clients, the kind of change, its medians and slowest, and the growth of p99 by each change."""
    for way, kinds in content["figures"].items():
        rate = content["rates"][way]
        clients = f"{rate:,.0f} requests/s" if rate else f"{CLIENTS} clients"
        for kind, changes in kinds.items():
            figures = load.medians(changes) | {"slowest": max(change["seconds"] for change in changes)}
            yield clients, kind, figures, [change["during"] / change["before"] for change in changes]
