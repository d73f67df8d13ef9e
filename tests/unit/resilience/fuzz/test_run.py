"""Requirements of a successful run."""

from dataclasses import replace

import pytest

from resilience.fuzz.run import FuzzOutcome

GOOD = FuzzOutcome(15, {"POST /a": {"200": 2, "400": 1}, "POST /b": {"400": 3}}, 7, [], "", [])


def test_answers_are_summed_by_status() -> None:
    assert GOOD.statuses() == {"200": 2, "400": 4}
    assert GOOD.as_dict()["requests"] == 6


def test_a_good_run() -> None:
    assert GOOD.good
    assert replace(GOOD, restarts=None).good


@pytest.mark.parametrize(
    "change", [{"answers": {}}, {"right": 0}, {"wrong": ["500"]}, {"failures": "a check"}, {"restarts": [7]}]
)
def test_a_bad_run(change: dict[str, object]) -> None:
    assert not replace(GOOD, **change).good  # type: ignore[arg-type]
