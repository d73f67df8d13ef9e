"""Profile of the requests of one client: processor time of each thread of this service."""

import argparse
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks import bodies, ours
from benchmarks.contender import Dialect
from benchmarks.load import measure
from benchmarks.results import Content
from training.reports.markdown import table
from training.reports.page import render

FILE = "anatomy.json"
_LEAST, _LEAST_RUN = 0.05, 20.0  # wake-ups and microseconds per request: threads with less of both are "others"
_SECONDS = 10
_WARM_UP = 20  # seconds with 64 clients, and then with one
_WORDS = {
    "epollEventLoopG": "netty: reads and writes the clients' and the worker's sockets",
    "W-9000-digits_1": "TorchServe's worker thread: forms batches, sends answers",
    "python": "the worker: polls, decodes, predicts, encodes",
}


class ThreadTimes(NamedTuple):
    """Scheduling statistics of a thread: nanoseconds on a core, and number of times it was scheduled."""

    run: int
    slices: int


def run(_: argparse.Namespace, directory: Path) -> Content:
    """Measure with one client after a warm-up."""
    with ours.fresh(directory) as service:
        load = bodies.checked(service.endpoint(Dialect.RAW), Dialect.RAW)
        for clients in (64, 1):
            measure(load, clients, _WARM_UP)
        before, began = _accounts(service.pids()), time.monotonic()
        measured = measure(load, 1, _SECONDS)
        after, spent = _accounts(service.pids()), time.monotonic() - began
    threads: dict[str, dict[str, float]] = {}
    for (thread, name), account in after.items():
        known = before.get((thread, name), ThreadTimes(0, 0))
        entry = threads.setdefault(name, {"run": 0.0, "wakes": 0.0})
        entry["run"] += (account.run - known.run) / 1000 / measured.requests
        entry["wakes"] += (account.slices - known.slices) / measured.requests
    return {"seconds": round(spent), "load": vars(measured), "threads": threads}


def section(content: Content) -> str:
    threads, rows, others = content["threads"].values(), [], []
    for name, thread in sorted(content["threads"].items(), key=lambda item: -float(item[1]["run"])):
        if thread["wakes"] >= _LEAST or thread["run"] >= _LEAST_RUN:
            rows.append(_row(f"`{name}`", _WORDS.get(name, ""), [thread]))
        else:
            others.append(thread)
    rows.append(_row("others", "compilers, collectors, metrics", others))
    return render(
        __file__,
        **content,
        table=table(("thread", "task", "us running", "times woken"), rows, left=2),
        run=_total(threads, "run"),
        whole=1e6 / content["load"]["rate"],
        wakes=_total(threads, "wakes"),
    )


def _row(name: str, part: str, threads: Collection[Mapping[str, float]]) -> tuple[str, ...]:
    return name, part, f"{_total(threads, 'run'):.0f}", f"{_total(threads, 'wakes'):.1f}"


def _total(threads: Collection[Mapping[str, float]], key: str) -> float:
    return sum(thread[key] for thread in threads)


def _accounts(pids: Mapping[int, str]) -> dict[tuple[int, str], ThreadTimes]:
    """Return the times of each thread so far, by thread id and name."""
    accounts = {}
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            run, _, slices = (task / "schedstat").read_text().split()
            accounts[int(task.name), (task / "comm").read_text().strip()] = ThreadTimes(int(run), int(slices))
    return accounts
