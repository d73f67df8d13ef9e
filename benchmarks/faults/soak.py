"""A long time under load: whether memory grows."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import linear_regression, median

import psutil

from benchmarks import memory
from benchmarks.faults.fault import Check, Outcome
from benchmarks.faults.figures import figures
from benchmarks.faults.flow import Load, flow, raw
from benchmarks.faults.node import Node, NodeError

_CLIENTS, _WARM_SECONDS, _EVERY = 16, 20, 2.0
_FLAT, _NOISE = 0.05, 4 << 20  # of what a part has, or bytes: what it may have more at the end than after a third

Sample = Mapping[str, float]


def act(seconds: int) -> Callable[[Node], Outcome]:
    """The act of so many seconds."""
    return lambda node: _soak(node, seconds)


def _soak(node: Node, seconds: int) -> Outcome:
    flow(node, raw(), Load(_CLIENTS, _WARM_SECONDS))
    began = time.monotonic()
    with node.load() as records, _watched(node, began) as samples:
        seen = flow(node, raw(), Load(_CLIENTS, seconds))
    found = seen.added(figures(records, time.monotonic()))  # nothing was to recover from
    demanded = [
        Check("lost 0", f"{found.lost:,}", found.lost == 0),
        Check("wrong 0", f"{found.wrong:,}", found.wrong == 0),
        *(_check(part, samples) for part in parts(samples)),
    ]
    return Outcome(found, demanded, {"clients": _CLIENTS, "seconds": seconds, "memory": samples})


def parts(samples: Sequence[Sample]) -> list[str]:
    return sorted({part for sample in samples for part in sample} - {"at"})


def growth(part: str, samples: Sequence[Sample]) -> tuple[float, float]:
    """By how many bytes the line through the last two thirds of the samples rises, and their median."""
    known = [(sample["at"], sample[part]) for sample in samples if part in sample]
    times, held = zip(*known[len(known) // 3 :], strict=True)
    return linear_regression(times, held).slope * (times[-1] - times[0]), median(held)


def _check(part: str, samples: Sequence[Sample]) -> Check:
    grown, held = growth(part, samples)
    most = max(_FLAT * held, _NOISE)
    demand = f"the {part}'s memory grows by {_FLAT:.0%} or {_NOISE >> 20} MiB at most"
    return Check(demand, f"{grown / 2**20:+.1f} of {held / 2**20:,.0f} MiB", grown <= most)


@contextmanager
def _watched(node: Node, began: float) -> Iterator[list[Sample]]:
    """A list that grows by one sample at a time while the block runs: bytes resident, by part."""
    samples: list[Sample] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY):
            try:
                held = memory.resident(node.pids())
            except (psutil.Error, NodeError):
                continue  # a process ended between two looks; the load tells whether that mattered
            samples.append({"at": round(time.monotonic() - began, 1), **held})

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()
