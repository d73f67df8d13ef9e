"""Detection of stuck workers."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from serving.torchserve.stuck_workers import StuckWorkerDetector
from tests.processes import bounded

_SECONDS = 0.5  # in which a busy process gets some of a core that others use, too


@pytest.fixture
def still() -> Iterator[int]:
    """A process that reads what never comes."""
    with bounded(subprocess.Popen(["cat"], stdin=subprocess.PIPE)) as process:
        yield process.pid


@pytest.fixture
def busy() -> Iterator[int]:
    """A process that computes."""
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


def _looked(stalls: StuckWorkerDetector, workers: list[int], *, waiting: bool) -> list[int]:
    """Return the result of the last of many samples."""
    deadline = time.monotonic() + 5 * _SECONDS
    while time.monotonic() < deadline:
        found = stalls.sample(workers, waiting)
        time.sleep(0.05)
    return found
