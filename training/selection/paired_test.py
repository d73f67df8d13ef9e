"""Significance test of the difference of two classifiers on the same images."""

import math
from collections.abc import Sequence

import numpy as np


def corrected_t(differences: Sequence[float], ratio: float) -> float:
    """Two-sided p of the corrected resampled t-test (Nadeau and Bengio, 2003, section 3, with n2 / n1 = ``ratio``).

    differences  of the two accuracies, one for each fold, at least two
    ratio        held-out images to training images: 1 / (k - 1) for k folds
    Folds share training images, so their differences are not independent; the plain t-test would find winners too
    easily. The variance of the mean is therefore taken as (1 / k + ratio) s^2, with k - 1 degrees of freedom.
    """
    from scipy import stats

    k = len(differences)
    mean, deviation = float(np.mean(differences)), float(np.std(differences, ddof=1))
    if deviation == 0.0:
        return 1.0 if mean == 0.0 else 0.0
    t = mean / (deviation * math.sqrt(1.0 / k + ratio))
    return float(2.0 * stats.t.sf(abs(t), k - 1))


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p of McNemar's exact test (McNemar, 1947; binomial, not its chi-square approximation).

    only_first, only_second  images that one classifier got right and the other did not
    """
    from scipy import stats

    different = only_first + only_second
    return float(stats.binomtest(only_first, different, 0.5).pvalue) if different else 1.0


def holm(p: Sequence[float]) -> list[float]:
    """The p values in their order, corrected for how many there are (Holm, 1979).

    At any level, rejecting what is at or under it wrongs one true hypothesis or more no likelier than that level.
    """
    order = np.argsort(p, kind="stable")
    corrected = [0.0] * len(p)
    worst = 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[place]))
        corrected[place] = worst
    return corrected
