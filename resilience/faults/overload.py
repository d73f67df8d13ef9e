"""Overload: more requests at once than fit into the queue, or twice as many as the node can answer."""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import fmean

from resilience.faults.fault import Check, FaultOutcome, Injected
from resilience.faults.fault_figures import figures
from resilience.faults.flow import Flow, RequestLoad, Requests, files, flow, percentile
from resilience.faults.node import Node

_WARM_SECONDS, _PEAK_SECONDS, _AFTER_SECONDS = 20, 10, 3.0
_PEAK_CLIENTS = (64, 128, 256)
_CONNECTIONS = 2500  # more than can wait at once if each is answered within two seconds
_GOODPUT, _REFUSAL_SECONDS, _LATE = 0.9, 1.0, 100  # milliseconds
_CROWD = 1500  # clients: six times the requests that TorchServe gets at once
_CROWD_SECONDS = 5, 10, 20  # a longer run follows if none was refused: a busy machine connects clients slowly
_REFUSALS = 3  # refusals of a client per second, on any machine; 15 if clients repeat refused requests at once


def missing() -> str:
    return "" if shutil.which("wrk") else "wrk is not installed"


def flood(node: Node) -> Injected:
    """Start clients that send the next request as soon as they have an answer, more than the queue can hold."""
    began = time.monotonic()
    for seconds in _CROWD_SECONDS:
        seen = flow(node, files(), RequestLoad(_CROWD, seconds))
        if seen.errors or seen.answered > seen.count("right"):
            break
    refused = seen.count("refused")
    often = refused / _CROWD / seen.duration
    checks = (
        Check("the queue is full: some are refused", f"{refused:,}", refused > 0),
        Check(f"at most {_REFUSALS} refusals of a client in a second", f"{often:.1f}", often <= _REFUSALS),
    )
    return Injected(began, {"clients": _CROWD, "seconds": seconds}, checks, seen)


def overload(seconds: int, node: Node) -> FaultOutcome:
    """Send twice the rate of the peak. Clients have their own cores, so that they do not slow the node down."""
    with _apart(node) as cores:
        requests = files()
        flow(node, requests, RequestLoad(_PEAK_CLIENTS[0], _WARM_SECONDS, cores=cores))
        before = _peak(node, requests, cores)
        seen = flow(node, requests, RequestLoad(_CONNECTIONS, seconds, 2 * before, cores))
        ended = time.monotonic()
        with node.load() as records:
            time.sleep(_AFTER_SECONDS)
        peaks = before, _peak(node, requests, cores)
    measured = seen.added(figures(records, ended))
    facts = {"peak": fmean(peaks), "peaks": peaks, "seconds": seconds, "connections": _CONNECTIONS, "cores": len(cores)}
    return FaultOutcome(measured, checks(seen, peaks), facts | details(seen))


def _peak(node: Node, requests: Requests, cores: Sequence[int]) -> float:
    """Return the highest rate of right answers for clients that wait for each answer."""
    loads = [RequestLoad(clients, _PEAK_SECONDS, cores=cores) for clients in _PEAK_CLIENTS]
    return max(flow(node, requests, load).rate("right") for load in loads)


def checks(seen: Flow, peaks: tuple[float, float]) -> list[Check]:
    """Return the checks of the node and of its clients.

    peaks  rates before and after. Their mean is the base of the goodput, because the speed of a shared machine varies
    """
    goodput, late = seen.rate("right") / fmean(peaks), percentile(seen.late, 99)
    refusal = seen.most("refused")
    sent = sum(seen.late.values()) / seen.duration / peaks[0]
    return [
        Check("lost 0", f"{seen.count('other') + seen.errors:,}", seen.count("other") + seen.errors == 0),
        Check("wrong 0", f"{seen.count('wrong'):,}", seen.count("wrong") == 0),
        Check(f"goodput >= {_GOODPUT:.0%} of the peak", f"{goodput:.0%}", goodput >= _GOODPUT),
        Check(f"refused within {_REFUSAL_SECONDS:g} s", f"{refusal:.2f} s", refusal <= _REFUSAL_SECONDS),
        Check("twice the peak is sent", f"{sent:.2f} times", sent >= 1.95),
        Check(f"99 % are sent within {_LATE} ms of when they are due", f"{late} ms", late <= _LATE),
    ]


def details(seen: Flow) -> dict[str, object]:
    """Return latencies in milliseconds, and the number of answers in each second."""
    span = range(int(seen.duration))
    return {
        "right": {f"p{percent:g}": percentile(seen.took["right"], percent) for percent in (50, 99)},
        "refused": {f"p{percent:g}": percentile(seen.took["refused"], percent) for percent in (50, 99)},
        "series": {kind: [seen.seconds[kind].get(second, 0) for second in span] for kind in ("right", "refused")},
    }


@contextmanager
def _apart(node: Node) -> Iterator[Sequence[int]]:
    """Give the node the first half of the cores, and the clients the other half, while the block runs."""
    all_cores = sorted(os.sched_getaffinity(0))
    half = len(all_cores) // 2
    if not half:
        yield all_cores
        return
    _pin(node, all_cores[:half])
    try:
        yield all_cores[half:]
    finally:
        _pin(node, all_cores)


def _pin(node: Node, cores: Sequence[int]) -> None:
    for pid in node.pids():
        with suppress(FileNotFoundError, ProcessLookupError):  # a process may have ended meanwhile
            for task in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), cores)
