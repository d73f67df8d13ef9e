"""Detection of stuck workers."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from serving.torchserve import stuck_workers
from serving.torchserve.stuck_workers import StuckWorkerDetector
from tests.processes import bounded

_SECONDS = 0.5  # long enough for a busy process to get CPU time beside others


@pytest.fixture
def still() -> Iterator[int]:
    """Start a process that waits for input for ever."""
    with bounded(subprocess.Popen(["cat"], stdin=subprocess.PIPE)) as process:
        yield process.pid


@pytest.fixture
def busy() -> Iterator[int]:
    """Start a process that computes."""
    with bounded(subprocess.Popen([sys.executable, "-c", "while True: pass"])) as process:
        yield process.pid


def test_one_that_does_nothing_while_requests_wait_stands_still(still: int, busy: int) -> None:
    assert _looked(StuckWorkerDetector(_SECONDS), [still, busy], waiting=True) == [still]


def test_one_that_nobody_waits_for_does_not(still: int) -> None:
    assert _looked(StuckWorkerDetector(_SECONDS), [still], waiting=False) == []


def test_one_that_did_something_starts_anew(still: int) -> None:
    stalls = StuckWorkerDetector(_SECONDS)
    assert _looked(stalls, [still], waiting=True) == [still]
    assert stalls.sample([], waiting=True) == []
    assert stalls.sample([still], waiting=True) == []


def test_one_that_ended_is_none() -> None:
    process = subprocess.Popen(["true"])
    process.wait(10)
    assert _looked(StuckWorkerDetector(0.0), [process.pid], waiting=True) == []


def test_seconds_without_progress_add_up_and_a_long_pause_between_looks_counts_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, counters = 100.0, {1: (1.0, 5), 2: (1.0, 5)}
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(stuck_workers, "_done", counters.get)
    detector, stuck = StuckWorkerDetector(2.0), []
    for now, waiting, progress in (
        (100.5, True, 5),  # the first sample: no data yet
        (101.0, True, 5),  # 0.5 s
        (109.0, True, 5),  # 1.5 s: the supervisor was stuck
        (109.5, False, 5),
        (110.0, True, 5),  # 2 s
        (110.25, True, 5),  # 2.25 s
        (110.5, True, 6),
        (111.5, True, 6),
    ):
        counters[1] = (1.0, progress)
        counters[2] = (now, 5)
        stuck.append(detector.sample([1, 2, 3], waiting))
    assert stuck == [[], [], [], [], [], [1], [], []]


def _looked(stalls: StuckWorkerDetector, workers: list[int], *, waiting: bool) -> list[int]:
    """Return the result of the last of many samples."""
    deadline = time.monotonic() + 5 * _SECONDS
    while time.monotonic() < deadline:
        stuck = stalls.sample(workers, waiting)
        time.sleep(0.05)
    return stuck
