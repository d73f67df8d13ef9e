"""Rule that sets the number of workers from samples of the load."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

_SMALL = 4  # workers on a machine with one or two processors


def most_workers() -> int:
    """Return the largest number of workers for this machine: two for each processor, and at least four."""
    return max(_SMALL, 2 * len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class Sample:
    """Sample of the load of a server.

    time     seconds of a monotonic clock
    workers  number of workers
    pending  requests in its queue
    latency  seconds for a test request
    """

    time: float
    workers: int
    pending: int
    latency: float

    def __str__(self) -> str:
        return f"{self.pending} wait, an answer takes {1e3 * self.latency:.0f} ms"


@dataclass(frozen=True)
class Rule:
    """Thresholds to add or remove a worker. Between the two nothing changes.

    least, most  bounds of the number of workers
    slow         seconds: a latency over this is too high, under half of it low
    queue        requests that may wait for each worker; half as many, for one worker fewer, are few
    up, down     seconds: the medians over this time decide whether to add or remove a worker, if the number of workers
                 did not change in it
    """

    least: int
    most: int
    slow: float = 0.1
    queue: int = 64
    up: float = 3.0
    down: float = 60.0

    def wanted(self, samples: Sequence[Sample]) -> int:
        """Return the number of workers after these samples, oldest first: one more, one fewer, or the same."""
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
    """Return the samples of the last ``seconds``; none if the number of workers changed within this time."""
    newest = samples[-1]
    same = list(takewhile(lambda sample: sample.workers == newest.workers, reversed(samples)))
    if newest.time - same[-1].time < seconds:
        return []
    return [sample for sample in same if newest.time - sample.time <= seconds]


def _latency(window: Sequence[Sample]) -> float:
    return median(sample.latency for sample in window)


def _pending(window: Sequence[Sample]) -> float:
    return median(sample.pending for sample in window)
