"""Memory of a running server."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from benchmarks.background import background

_EVERY = 2.0  # seconds between two samples


def by_part(pids: Mapping[int, str]) -> dict[str, dict[str, int]]:
    """Return part (``worker``, ``jvm``) -> number of its processes and their memory in bytes.

    rss  resident memory; a shared page counts for each process
    pss  resident memory; a shared page is divided among its processes, so that sums are correct
    uss  memory that only one process uses
    """
    parts: dict[str, dict[str, int]] = defaultdict(lambda: {"processes": 0, "rss": 0, "pss": 0, "uss": 0})
    for pid, part in pids.items():
        try:
            info: Any = psutil.Process(pid).memory_full_info()
        except psutil.NoSuchProcess:  # a helper process has ended
            continue
        for name, amount in {"processes": 1, "rss": info.rss, "pss": info.pss, "uss": info.uss}.items():
            parts[part][name] += amount
    return dict(parts)


def resident(pids: Mapping[int, str]) -> dict[str, int]:
    """Return part -> resident bytes. This is faster than ``by_part``, which reads all pages."""
    parts: dict[str, int] = defaultdict(int)
    for pid, part in pids.items():
        parts[part] += psutil.Process(pid).memory_info().rss
    return dict(parts)


def by_time(samples: Sequence[Mapping[str, float]]) -> dict[str, list[tuple[float, float]]]:
    """Return part -> seconds and bytes of each sample of ``watched`` that has the part."""
    parts = sorted({part for sample in samples for part in sample} - {"at"})
    return {part: [(sample["at"], sample[part]) for sample in samples if part in sample] for part in parts}


@contextmanager
def watched(
    pids: Callable[[], Mapping[int, str]], began: float, *passing: type[Exception]
) -> Iterator[list[dict[str, float]]]:
    """Sample memory while the block runs. Yield the list of samples: ``at`` (seconds since ``began``), bytes by part.

    pids     returns the processes for each sample
    passing  temporary errors of ``pids``; such a sample is left out, as it is if a process has ended
    """
    samples: list[dict[str, float]] = []
    left_out: tuple[type[Exception], ...] = (psutil.Error, *passing)

    def watch(over: threading.Event) -> None:
        while not over.wait(_EVERY):
            with suppress(*left_out):  # if requests failed because of it, the load reports that
                size = resident(pids())
                samples.append({"at": round(time.monotonic() - began, 1), **size})

    with background(watch):
        yield samples
