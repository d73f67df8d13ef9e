"""Pauses between starts."""

import time

import pytest

from serving.node.backoff import Backoff, Kept


def test_pauses_double_up_to_the_longest_and_are_forgotten_after_a_steady_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    backoff = Backoff(longest=5, steady=60)
    pauses = []
    for _ in range(6):
        begin = now
        while not backoff.due:
            now += 0.5
        pauses.append(now - begin)
        backoff.started()
    assert pauses == [0, 0, 1, 2, 4, 5]
    now += 70
    assert backoff.due
    backoff.started()
    assert backoff.due


class Process:
    """A process that ends when the test ends it."""

    def __init__(self) -> None:
        self.running, self.stopped = True, False

    def stop(self) -> None:
        self.stopped = True


def test_a_part_that_ended_is_started_again_when_it_is_due() -> None:
    kept = Kept("the part", Process, Backoff(longest=60, steady=60))
    assert (kept.check(), kept.check(), kept.restarts) == (True, False, 0)
    first = kept.part
    assert first
    first.running = False
    assert (kept.check(), kept.restarts, first.stopped) == (True, 1, True)
    assert kept.part
    kept.part.running = False
    assert not kept.check(), "only after a pause"
    assert kept.restarts == 2


def test_a_part_that_does_not_start_is_tried_again() -> None:
    tries: list[int] = []

    def start() -> Process:
        tries.append(1)
        if len(tries) < 2:
            raise OSError("no memory")
        return Process()

    kept = Kept("the part", start, Backoff(longest=0, steady=0))
    with pytest.raises(OSError, match="no memory"):
        kept.check()
    assert kept.check()
    assert not Kept("no part", None, Backoff(1, 1)).check()
