"""Profile of one client's requests: processor time of each thread of this service."""

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

FILE = "anatomy.json"
_LEAST, _LEAST_RUN = 0.05, 20.0  # wake-ups and us a request: threads with less of both are summed up as others
_SECONDS = 10
_WARM_UP = 20  # seconds under load, and as long again with the one client
_WORDS = {
    "epollEventLoopG": "netty: reads and writes the clients' and the worker's sockets",
    "W-9000-digits_1": "TorchServe's worker thread: forms batches, sends answers",
    "python": "the worker: polls, decodes, predicts, encodes",
}

_TEXT = """## Processor time of one client's request

One client sent raw bytes for {seconds} s: {rate:,.0f} requests/s, p50 {p50:.2f} ms. The table has the processor time
of each thread per request, as the kernel counts it. Several threads process a request; each step has to wake the next
thread, and on an idle machine a core. The worker polls while requests follow each other within 1 ms: it is seldom
woken, and part of its time is for waiting.

{table}

A request takes {whole:.0f} us. The threads run for {run:.0f} us on all cores together, and are woken {wakes:.1f} times.
The remaining time is for wake-ups, the kernel's loopback and the load generator. A server that processes requests in
one thread is woken once.
"""


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
    return {"seconds": round(spent), "load": measured.as_dict(), "threads": threads}


def section(content: Content) -> str:
    threads: dict[str, dict[str, float]] = dict(
        sorted(content["threads"].items(), key=lambda item: -float(item[1]["run"]))
    )
    busy = {
        name: thread for name, thread in threads.items() if thread["wakes"] >= _LEAST or thread["run"] >= _LEAST_RUN
    }
    others = [thread for name, thread in threads.items() if name not in busy]
    rows = [_row(f"`{name}`", _WORDS.get(name, ""), [thread]) for name, thread in busy.items()]
    rows.append(_row("others", "compilers, collectors, metrics", others))
    run, wakes = (_total(threads.values(), key) for key in ("run", "wakes"))
    load = content["load"]
    return _TEXT.format(
        seconds=content["seconds"],
        rate=load["rate"],
        p50=load["p50"],
        table=table(("thread", "task", "us running", "times woken"), rows, left=2),
        run=run,
        whole=1e6 / load["rate"],
        wakes=wakes,
    )


def _row(name: str, part: str, threads: Collection[Mapping[str, float]]) -> tuple[str, ...]:
    return name, part, f"{_total(threads, 'run'):.0f}", f"{_total(threads, 'wakes'):.1f}"


def _total(threads: Collection[Mapping[str, float]], key: str) -> float:
    return sum(thread[key] for thread in threads)


def _accounts(pids: Mapping[int, str]) -> dict[tuple[int, str], ThreadTimes]:
    """Thread id and name -> its account so far."""
    accounts = {}
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            run, _, slices = (task / "schedstat").read_text().split()
            accounts[int(task.name), (task / "comm").read_text().strip()] = ThreadTimes(int(run), int(slices))
    return accounts
