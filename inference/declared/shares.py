"""Batches computed in shares, one for each core, if they take long.

A graph runs on one thread. A worker that has the only requests of its node would leave the other cores idle.
"""

import math
import time
from collections.abc import Callable
from typing import TypeVar

from inference.thread_pool import ThreadPool

_LONG = 1e-3  # seconds: to hand a share to another thread takes a tenth of that
_TRIES = 3  # whole batches of a size before its duration is known: the first ones are slow

T = TypeVar("T")


class Shares:
    """Divides batches of examples among cores."""

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._threads = ThreadPool(cores)
        self._durations: dict[int, list[float]] = {}  # of whole batches, by the binary logarithm of their size

    def run(self, compute: Callable[[slice], T], count: int, size: int) -> list[T]:
        """Return the results of ``compute`` for slices of ``count`` examples, in their order.

        size  examples that are computed at once, at most
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
