"""Memory of a running server."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from benchmarks.background import background

_EVERY = 2.0  # seconds between two looks


def by_part(pids: Mapping[int, str]) -> dict[str, dict[str, int]]:
    """Part (``worker``, ``jvm``) -> its number of processes and their bytes.

    rss  resident; pages that processes share are counted in each
    pss  resident; a shared page is divided among those who share it, so these may be added
    uss  what would be free if the process ended
    """
    parts: dict[str, dict[str, int]] = defaultdict(lambda: {"processes": 0, "rss": 0, "pss": 0, "uss": 0})
    for pid, part in pids.items():
        try:
            info: Any = psutil.Process(pid).memory_full_info()
        except psutil.NoSuchProcess:  # a helper that ended since it was listed
            continue
        for name, amount in {"processes": 1, "rss": info.rss, "pss": info.pss, "uss": info.uss}.items():
            parts[part][name] += amount
    return dict(parts)


def resident(pids: Mapping[int, str]) -> dict[str, int]:
    """Part -> bytes resident, without the cost of walking its pages."""
    parts: dict[str, int] = defaultdict(int)
    for pid, part in pids.items():
        parts[part] += psutil.Process(pid).memory_info().rss
    return dict(parts)


def by_time(samples: Sequence[Mapping[str, float]]) -> dict[str, list[tuple[float, float]]]:
    """Part -> seconds and bytes of each sample, as ``watched`` takes them, that has the part."""
    parts = sorted({part for sample in samples for part in sample} - {"at"})
    return {part: [(sample["at"], sample[part]) for sample in samples if part in sample] for part in parts}


@contextmanager
def watched(
    pids: Callable[[], Mapping[int, str]], began: float, *passing: type[Exception]
) -> Iterator[list[dict[str, float]]]:
    """A list that grows while the block runs: seconds since ``began`` under ``at``, and bytes resident by part.

    pids     what to look at, asked at each look
    passing  what it may raise for a moment; that look is left out, as where a process ended meanwhile
    """
    samples: list[dict[str, float]] = []
    left_out: tuple[type[Exception], ...] = (psutil.Error, *passing)

    def watch(over: threading.Event) -> None:
        while not over.wait(_EVERY):
            with suppress(*left_out):  # the load tells whether that mattered
                size = resident(pids())
                samples.append({"at": round(time.monotonic() - began, 1), **size})

    with background(watch):
        yield samples
