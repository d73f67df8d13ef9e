"""Restarts of a supervised of a node."""

import pytest

from serving.node.backoff import Backoff
from serving.node.supervised_process import SupervisedProcess


class Process:
    """A process that ends when the test ends it."""

    def __init__(self) -> None:
        self.running, self.stopped = True, False

    def stop(self) -> None:
        self.stopped = True


def test_a_part_that_ended_is_started_again_when_it_is_due() -> None:
    supervised = SupervisedProcess("the part", Process, Backoff(longest=60, steady=60))
    assert (supervised.check(), supervised.check(), supervised.restarts) == (True, False, 0)
    first = supervised.process
    assert first
    first.running = False
    assert (supervised.check(), supervised.restarts, first.stopped) == (True, 1, True)
    assert supervised.process
    supervised.process.running = False
    assert not supervised.check(), "only after a pause"
    assert supervised.restarts == 2


def test_a_part_that_does_not_start_is_tried_again() -> None:
    tries: list[int] = []

    def start() -> Process:
        tries.append(1)
        if len(tries) < 2:
            raise OSError("no memory")
        return Process()

    supervised = SupervisedProcess("the part", start, Backoff(longest=0, steady=0))
    with pytest.raises(OSError, match="no memory"):
        supervised.check()
    assert supervised.check()
    assert not SupervisedProcess("no part", None, Backoff(1, 1)).check()
