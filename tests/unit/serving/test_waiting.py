"""Waiting for a condition."""

from itertools import count

from serving.waiting import within


def test_it_ends_when_the_condition_holds() -> None:
    calls = count()
    assert within(60, lambda: next(calls) == 3, poll=0)
    assert next(calls) == 4


def test_it_ends_when_the_time_is_over() -> None:
    assert not within(0.05, lambda: False)


def test_it_may_have_to_hold_several_times_in_a_row() -> None:
    values = iter([1, 0, 2, 3, 4])
    assert within(60, lambda: next(values), poll=0, in_a_row=2) == 3
    assert next(values) == 4


def test_what_holds_when_the_time_is_over_is_asked_again() -> None:
    values = iter([0, 1, 2])
    assert within(-1, lambda: next(values), in_a_row=2) == 0
    assert within(-1, lambda: next(values), in_a_row=2) == 2


def test_a_condition_that_holds_is_asked_once_whatever_the_time() -> None:
    assert within(-1, lambda: True)
