import math

import pytest
from scipy import stats

from training.selection import standings

DIFFERENCES = [0.02, 0.01, 0.03, 0.02, 0.02]


def test_the_corrected_t_test_by_hand() -> None:
    t = 0.02 / math.sqrt((1 / 5 + 1 / 4) * 0.0002 / 4)  # mean 0.02, variance 0.0002 / 4: t = 4.216
    root = math.sqrt(1 + t * t / 4)
    above = 0.5 - 3 / 8 * t / root * (1 - t * t / 12 / root**2)  # Student's distribution with 4 degrees of freedom
    assert standings.corrected_t(DIFFERENCES, 1 / 4) == pytest.approx(2 * above)
    assert 2 * above == pytest.approx(0.0135, abs=1e-4)


def test_without_its_correction_it_is_the_paired_t_test() -> None:
    assert standings.corrected_t(DIFFERENCES, 0.0) == pytest.approx(stats.ttest_1samp(DIFFERENCES, 0.0).pvalue)


def test_the_correction_makes_it_more_careful() -> None:
    assert standings.corrected_t(DIFFERENCES, 1 / 4) > 4 * standings.corrected_t(DIFFERENCES, 0.0)


@pytest.mark.parametrize(("differences", "p"), [([0.0, 0.0], 1.0), ([0.5, 0.5], 0.0), ([0.1, -0.1], 1.0)])
def test_differences_without_spread_or_without_mean(differences: list[float], p: float) -> None:
    assert standings.corrected_t(differences, 1.0) == pytest.approx(p)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(1, 9, 22 / 1024), (9, 1, 22 / 1024), (0, 5, 2 / 32), (5, 5, 1.0), (0, 0, 1.0)],  # tails of coin tosses
)
def test_mcnemar_counts_coins(first: int, second: int, p: float) -> None:
    assert standings.mcnemar(first, second) == pytest.approx(p)


def test_holm_multiplies_the_smallest_most_and_keeps_the_order() -> None:
    assert standings.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert standings.holm([0.9, 0.6]) == [1.0, 1.0]
    assert standings.holm([]) == []
