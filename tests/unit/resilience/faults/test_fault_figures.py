"""Counts of requests, compared with the bounds."""

import pytest

from resilience.cluster.clients import FAILED, REFUSED, WRONG, Record
from resilience.faults.fault import Bounds
from resilience.faults.fault_figures import figures

_BEGAN = 1.0


def test_with_nothing_amiss_all_is_right_and_steady_at_once() -> None:
    summary = figures(_steady(0.0, 3.0), _BEGAN)
    assert (summary.sent, summary.right, summary.refused, summary.lost, summary.wrong) == (300, 300, 0, 0, 0)
    assert (summary.first, summary.steady, summary.messages) == (0.0, 0.0, {})


def test_every_request_is_of_one_kind() -> None:
    bad = [Record(1.0, 0.1, f"{REFUSED}: 503"), Record(1.1, 0.2, f"{WRONG}: 8"), Record(1.2, 0.3, f"{FAILED}: cut")]
    summary = figures([*_steady(0.0, 3.0), *bad], _BEGAN)
    assert (summary.sent, summary.right, summary.refused, summary.lost, summary.wrong) == (303, 300, 1, 1, 1)
    assert summary.refusal == pytest.approx(0.1)
    assert set(summary.messages) == {f"{REFUSED}: 503", f"{WRONG}: 8", f"{FAILED}: cut"}


def test_recovery_is_the_end_of_the_last_silence_and_of_the_last_disturbed_request() -> None:
    silent = [Record(1.0 + turn / 100, 1.5, f"{FAILED}: cut") for turn in range(100)]  # until 3.49
    summary = figures([*_steady(0.0, 1.0), *silent, *_steady(2.0, 4.0)], _BEGAN)
    assert summary.first == pytest.approx(1.002)
    assert summary.steady == pytest.approx(2.49)


def test_what_was_before_the_fault_does_not_count_for_recovery() -> None:
    summary = figures([*_steady(0.0, 0.2), *_steady(0.6, 3.0), Record(0.1, 0.3, f"{FAILED}: cut")], _BEGAN)
    assert (summary.first, summary.steady, summary.lost) == (0.0, 0.0, 1)


def test_bounds_are_met_or_missed_one_by_one() -> None:
    summary = figures([*_steady(0.0, 3.0), Record(1.2, 0.3, f"{FAILED}: cut")], _BEGAN)
    assert [check.met for check in Bounds(first=5.0).checks(summary)] == [False, True, True]
    assert [check.met for check in Bounds(lost=1, steady=0.2).checks(summary)] == [True, True, False]
    assert [check.demand for check in Bounds(lost=None, slowest=5.0).checks(summary)] == [
        "wrong 0",
        "slowest right answer <= 5 s",
    ]


def _steady(begin: float, end: float) -> list[Record]:
    """Return 100 right answers per second, each after 2 ms."""
    return [Record(begin + turn / 100, 0.002, "") for turn in range(round(100 * (end - begin)))]
