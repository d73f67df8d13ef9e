"""The first minute: its table, its picture, and the criterion for a warm start."""

import numpy as np
import pytest

from benchmarks import first_minute


def content(first: float, p99: float) -> dict[str, object]:
    rates, tails = [1000.0] * 60, [8.0] * 60
    rates[:10], tails[:10] = [first] * 10, [p99] * 10
    return {"clients": 64, "rates": rates, "p99": tails}


@pytest.mark.parametrize(
    ("first", "p99", "met"), [(1000.0, 8.0, True), (800.0, 10.0, True), (799.0, 8.0, False), (1000.0, 10.1, False)]
)
def test_the_first_seconds_are_held_to_the_last(first: float, p99: float, met: bool) -> None:
    (target,) = first_minute.targets(content(first, p99))
    assert target.met == met


def test_the_table_has_twelve_steps() -> None:
    text = first_minute.section(content(500.0, 20.0))
    assert "| 1 to 5 | 500 | 20.0 |" in text
    assert "| 56 to 60 | 1,000 | 8.0 |" in text


def test_the_picture_has_a_point_for_each_second() -> None:
    figure = first_minute.draw(content(500.0, 20.0))
    assert [np.size(line.get_xdata()) for axes in figure.axes for line in axes.lines] == [60, 60]
