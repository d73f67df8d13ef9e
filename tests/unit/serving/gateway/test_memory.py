"""Release of memory: once after each peak of requests, not while it lasts."""

import pytest

from serving.gateway.memory import Ebb


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def looks(ebb: Ebb, clock: Clock, connections: int, seconds: int) -> int:
    """Sample once a second. Return how often memory was due to be released."""
    times = 0
    for _ in range(seconds):
        clock.now += 1
        times += ebb.sample(connections)
    return times


def test_it_is_time_once_a_crowd_has_left(clock: Clock) -> None:
    ebb = Ebb(clock)
    assert looks(ebb, clock, 200, 30) == 0, "the crowd is there"
    assert looks(ebb, clock, 150, 30) == 0, "most of it is"
    assert looks(ebb, clock, 100, 5) == 0, "it has just left"
    assert looks(ebb, clock, 100, 30) == 1, "once is enough"
    assert looks(ebb, clock, 3, 30) == 1


def test_memory_is_given_back_five_seconds_after_half_of_a_crowd_has_left(clock: Clock) -> None:
    ebb, times = Ebb(clock), []
    for clock.now, connections in ((100.0, 32), (101.0, 17), (102.0, 16), (106.9, 0), (107.0, 0), (120.0, 0)):
        times += [clock.now] if ebb.sample(connections) else []
    assert times == [107.0]


def test_a_crowd_that_comes_back_is_no_reason(clock: Clock) -> None:
    ebb = Ebb(clock)
    for _ in range(10):
        assert looks(ebb, clock, 200, 3) + looks(ebb, clock, 0, 4) == 0


def test_few_connections_are_no_reason(clock: Clock) -> None:
    ebb = Ebb(clock)
    assert looks(ebb, clock, 31, 30) + looks(ebb, clock, 0, 30) == 0
