"""Queue limit: the number of answers in the allowed waiting time."""

import pytest

from serving.gateway.capacity import UNLIMITED, Capacity


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def looked(capacity: Capacity, clock: Clock, rate: int, seconds: float, served: int = 0) -> int:
    """Sample every quarter of a second at this rate of answers, while requests wait. Return the last limit."""
    limit = capacity.sample(10, served)
    for _ in range(round(seconds * 4)):
        clock.now += 0.25
        served += rate // 4
        limit = capacity.sample(10, served)
    return limit


@pytest.mark.parametrize(("rate", "room"), [(700, 280), (16000, 6400), (40, 64)])
def test_as_many_may_wait_as_are_answered_in_time(clock: Clock, rate: int, room: int) -> None:
    assert looked(Capacity(clock), clock, rate, 3) == room


def test_while_nobody_waits_everybody_may_come(clock: Clock) -> None:
    capacity = Capacity(clock)
    looked(capacity, clock, 700, 3)
    assert capacity.sample(0, 10_000) == UNLIMITED


def test_one_look_knows_nothing(clock: Clock) -> None:
    assert Capacity(clock).sample(500, 100) == UNLIMITED


def test_what_was_long_ago_is_forgotten(clock: Clock) -> None:
    capacity = Capacity(clock)
    looked(capacity, clock, 16000, 10)
    assert looked(capacity, clock, 700, 3, served=160_000) == 280


@pytest.mark.parametrize("pause", [1.5, 2.5, 10.0])
def test_looks_that_are_far_apart_tell_as_much(clock: Clock, pause: float) -> None:
    """On a shared core each sample of the supervisor may take seconds."""
    capacity = Capacity(clock)
    assert capacity.sample(10, 0) == UNLIMITED
    for turn in (1, 2, 3):
        clock.now += pause
        assert capacity.sample(10, round(700 * pause * turn)) == 280


def test_a_gateway_that_counts_anew_is_learned_anew(clock: Clock) -> None:
    capacity = Capacity(clock)
    looked(capacity, clock, 700, 3)
    assert capacity.sample(10, 5) == UNLIMITED
    assert looked(capacity, clock, 700, 3, served=5) == 280


def test_two_looks_at_once_are_one(clock: Clock) -> None:
    capacity = Capacity(clock)
    assert capacity.sample(10, 5) == UNLIMITED
    assert capacity.sample(10, 900) == UNLIMITED
