"""Parallel computation of slow batches, one share per core.

A graph runs on one thread. A worker that gets all requests of a node would otherwise leave the other cores idle.
"""

import math
import time
from collections.abc import Callable
from typing import TypeVar

from inference.thread_pool import ThreadPool

_LONG = 1e-3  # seconds: a batch that takes longer is divided; to pass a share to another thread takes 0.1 ms
_TRIES = 3  # whole batches that are measured before the decision: the first ones are slow

T = TypeVar("T")


class Shares:
    """Divider of batches among cores. It measures whole batches to find out which are slow."""

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._threads = ThreadPool(cores)
        self._durations: dict[int, list[float]] = {}  # seconds of whole batches, by the bit length of their size

    def run(self, compute: Callable[[slice], T], count: int, size: int) -> list[T]:
        """Return the results of ``compute`` for consecutive slices of ``count`` examples.

        size  largest number of examples in a slice
        """
        durations = self._durations.setdefault(count.bit_length(), [])
        if len(durations) == _TRIES and min(durations) > _LONG:
            size = min(size, math.ceil(count / self._cores))
        slices = [slice(start, min(start + size, count)) for start in range(0, count, size)]
        if len(slices) != 1:
            return self._threads.map(compute, slices)
        start = time.perf_counter()
        result = compute(slices[0])
        if len(durations) < _TRIES:
            durations.append(time.perf_counter() - start)
        return [result]
