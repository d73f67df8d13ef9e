import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.interval import wilson


def test_by_hand_of_all_and_of_half() -> None:
    squared = 1.959964**2
    assert wilson(10, 10) == pytest.approx((10 / (10 + squared), 1.0))
    half = math.sqrt(squared / (4 * 100) + squared**2 / (4 * 100**2)) / (1 + squared / 100)
    assert wilson(50, 100) == pytest.approx((0.5 - half, 0.5 + half))


def test_of_none_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "count"), [(4, 4), (0, 5), (10, 10), (14, 14)])
def test_rounding_leaves_the_share_within_it(hits: int, count: int) -> None:
    low, high = wilson(hits, count)
    assert low <= hits / count <= high


@given(st.integers(1, 10_000), st.data())
def test_it_holds_the_share_and_lies_within_0_and_1(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    low, high = wilson(hits, count)
    assert 0.0 <= low <= hits / count <= high <= 1.0  # exactly: plots refuse bars of negative length


@given(st.integers(1, 1000), st.data())
def test_it_ends_where_the_score_test_is_at_its_level(count: int, data: st.DataObject) -> None:
    """The ends are the shares p at a distance of 1.96 of their own standard errors (Wilson, 1927)."""
    hits = data.draw(st.integers(1, count))
    low, _ = wilson(hits, count)
    assert (hits / count - low) / math.sqrt(low * (1 - low) / count) == pytest.approx(1.959964, rel=1e-6)
