"""The rule that decides how many workers answer."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

_SMALL = 4  # workers, where there are one or two processors


def most_workers() -> int:
    """Return how many workers this machine may have: two for each processor, and four on a small one."""
    return max(_SMALL, 2 * len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class Sample:
    """One look at a server.

    time     of a clock, seconds
    workers  how many it has
    pending  requests in its queue
    latency  seconds that a request took which was sent to know
    """

    time: float
    workers: int
    pending: int
    latency: float

    def __str__(self) -> str:
        return f"{self.pending} wait, an answer takes {1e3 * self.latency:.0f} ms"


@dataclass(frozen=True)
class Rule:
    """Bounds for too few workers and too many. Between the two nothing changes.

    least, most  how many there may be
    slow         seconds: latency over this is too much, under half of it little
    queue        requests that may wait for each worker; half as many for each of one worker fewer are few
    up, down     seconds: it must be too much, or little, in the middle of all looks of so long a time, in which the
                 number of workers did not change
    """

    least: int
    most: int
    slow: float = 0.1
    queue: int = 64
    up: float = 3.0
    down: float = 60.0

    def wanted(self, samples: Sequence[Sample]) -> int:
        """Return the number of workers after these samples, oldest first: one more, one fewer, or as many."""
        workers = samples[-1].workers
        if not self.least <= workers <= self.most:
            return min(max(workers, self.least), self.most)
        if workers < self.most and self._busy(_last(samples, self.up), workers):
            return workers + 1
        if workers > self.least and self._calm(_last(samples, self.down), workers):
            return workers - 1
        return workers

    def _busy(self, window: Sequence[Sample], workers: int) -> bool:
        return bool(window) and (_latency(window) > self.slow or _pending(window) > self.queue * workers)

    def _calm(self, window: Sequence[Sample], workers: int) -> bool:
        few = self.queue * (workers - 1) / 2
        return bool(window) and _latency(window) < self.slow / 2 and _pending(window) <= few


def _last(samples: Sequence[Sample], seconds: float) -> Sequence[Sample]:
    """The looks of the last so many seconds; none if there are not so many since the number of workers changed."""
    newest = samples[-1]
    same = list(takewhile(lambda sample: sample.workers == newest.workers, reversed(samples)))
    if newest.time - same[-1].time < seconds:
        return []
    return [sample for sample in same if newest.time - sample.time <= seconds]


def _latency(window: Sequence[Sample]) -> float:
    return median(sample.latency for sample in window)


def _pending(window: Sequence[Sample]) -> float:
    return median(sample.pending for sample in window)
