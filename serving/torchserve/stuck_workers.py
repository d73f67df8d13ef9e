"""Detector for stuck workers, which do nothing while requests wait."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

_SAMPLE_SECONDS = 1.0  # maximum of one sample; a longer gap means that the supervisor itself was stuck

Done = tuple[float, int]


@dataclass(frozen=True)
class _Worker:
    """Processor seconds and context switches so far, and the seconds since they last changed."""

    done: Done
    still: float


class StuckWorkerDetector:
    """Detector for workers without progress for ``seconds`` while requests wait at each sample.

    TorchServe reports a stuck worker as READY, and waits a minute for it. A working worker uses processor time, and an
    idle one gets the next request at once, so both make progress.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._workers: dict[int, _Worker] = {}
        self._looked = time.monotonic()

    def sample(self, workers: Iterable[int], waiting: bool) -> list[int]:
        """Return the process ids of stuck workers. ``waiting`` tells whether requests wait now."""
        now = time.monotonic()
        passed = min(now - self._looked, _SAMPLE_SECONDS) if waiting else 0.0
        self._looked = now
        progress = {pid: done for pid in workers if (done := _done(pid))}
        self._workers = {pid: self._seen(pid, done, passed) for pid, done in progress.items()}
        return [pid for pid, worker in self._workers.items() if worker.still > self._seconds]

    def _seen(self, pid: int, done: Done, passed: float) -> _Worker:
        before = self._workers.get(pid)
        return _Worker(done, before.still + passed if before and before.done == done else 0.0)


def _done(pid: int) -> Done | None:
    try:
        process = psutil.Process(pid)
        times, switches = process.cpu_times(), process.num_ctx_switches()
        return times.user + times.system, switches.voluntary + switches.involuntary
    except psutil.Error:  # the process ended
        return None
