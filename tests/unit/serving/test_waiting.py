"""Waiting for something to come about."""

from itertools import count

from serving.waiting import within


def test_it_ends_when_the_condition_holds() -> None:
    asked = count()
    assert within(60, lambda: next(asked) == 3, poll=0)
    assert next(asked) == 4


def test_it_ends_when_the_time_is_over() -> None:
    assert not within(0.05, lambda: False)


def test_a_condition_that_holds_is_asked_once_whatever_the_time() -> None:
    assert within(-1, lambda: True)
