"""Ranking of the candidates over all folds, and significance tests of the winner against the others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev

import numpy as np

from training.selection.candidates import Candidate
from training.selection.jobs import Result


def corrected_t(differences: Sequence[float], ratio: float) -> float:
    """Return the two-sided p of the corrected resampled t-test (Nadeau and Bengio, 2003, section 3, ratio = n2 / n1).

    differences  differences of the two accuracies, one for each fold, at least two
    ratio        held-out images to training images: 1 / (k - 1) for k folds
    Folds share training images, so their differences are not independent, and the plain t-test finds too many winners.
    This test takes (1 / k + ratio) s^2 as the variance of the mean, with k - 1 degrees of freedom.
    """
    from scipy import stats

    k = len(differences)
    mean, deviation = float(np.mean(differences)), float(np.std(differences, ddof=1))
    if deviation == 0.0:
        return 1.0 if mean == 0.0 else 0.0
    t = mean / (deviation * math.sqrt(1.0 / k + ratio))
    return float(2.0 * stats.t.sf(abs(t), k - 1))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p of McNemar's exact test (McNemar, 1947; binomial, without the chi-square approximation).

    only_first, only_second  number of images that one classifier got right and the other did not
    """
    from scipy import stats

    different = only_first + only_second
    return float(stats.binomtest(only_first, different, 0.5).pvalue) if different else 1.0


def holm(p: Sequence[float]) -> list[float]:
    """Return the p values in their order, corrected for their number (Holm, 1979).

    If all hypotheses with a corrected p <= level are rejected, the probability of any wrong rejection is <= level.
    """
    order = np.argsort(p, kind="stable")
    corrected = [0.0] * len(p)
    worst = 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[place]))
        corrected[place] = worst
    return corrected


LEVEL = 0.05  # level of all comparisons with the winner together


@dataclass(frozen=True)
class Standing:
    """Result of one candidate. Shares are 0..1; times are seconds, medians over the folds.

    accuracies  one for each fold
    size        median over the folds; ``unit`` names the values counted
    """

    name: str
    kind: str
    recipe: str
    accuracies: tuple[float, ...]
    size: int
    unit: str
    training_seconds: float
    seconds_for_one: float
    seconds_in_batch: float

    @property
    def accuracy(self) -> float:
        return mean(self.accuracies)

    @property
    def deviation(self) -> float:
        """Return the sample standard deviation over the folds."""
        return stdev(self.accuracies)


@dataclass(frozen=True)
class Duel:
    """Comparison of the winner with another candidate. Both p values are corrected for the number of duels (Holm).

    difference   difference of the mean accuracies, 0..1
    only_winner  held-out images, of all folds, that only the winner got right; ``only_other`` likewise
    """

    other: str
    difference: float
    only_winner: int
    only_other: int
    t: float
    mcnemar: float

    @property
    def real(self) -> bool:
        """Return whether both tests find a significant difference."""
        return max(self.t, self.mcnemar) < LEVEL

    @property
    def verdict(self) -> str:
        if self.real:
            return "significant"
        if self.mcnemar < LEVEL:
            return "significant for these models only"
        if self.t < LEVEL:
            return "significant over the folds only"
        return "not significant"


def standing(candidate: Candidate, folds: Sequence[Result]) -> Standing:
    return Standing(
        candidate.name,
        candidate.kind,
        candidate.recipe,
        tuple(fold["accuracy"] for fold in folds),
        round(median(fold["size"] for fold in folds)),
        folds[0]["unit"],
        *(median(fold[name] for fold in folds) for name in ("training_seconds", "seconds_for_one", "seconds_in_batch")),
    )


def winner(standings: Sequence[Standing]) -> Standing:
    """Return the candidate with the highest mean accuracy; of equals, the first in order."""
    return max(standings, key=lambda standing: standing.accuracy)


def duels(standings: Sequence[Standing], wrong: dict[str, set[int]]) -> list[Duel]:
    """Return the duels of the winner with each other candidate, the closest first.

    wrong  candidate -> held-out images, of all folds together, that it got wrong
    """
    first = winner(standings)
    others = sorted(
        (standing for standing in standings if standing is not first), key=lambda standing: -standing.accuracy
    )
    lost = wrong[first.name]
    alone = [(len(wrong[standing.name] - lost), len(lost - wrong[standing.name])) for standing in others]
    gains = [np.subtract(first.accuracies, standing.accuracies).tolist() for standing in others]
    t = holm([corrected_t(its, 1.0 / (len(its) - 1)) for its in gains])
    exact = holm([mcnemar(*pair) for pair in alone])
    return [
        Duel(standing.name, first.accuracy - standing.accuracy, *pair, *p)
        for standing, pair, *p in zip(others, alone, t, exact, strict=True)
    ]


def cheapest_as_good(standings: Sequence[Standing], fought: Sequence[Duel]) -> Standing:
    """Return the candidate that is fastest for one image, among the winner and those not significantly worse."""
    beaten = {duel.other for duel in fought if duel.real}
    return min(
        (standing for standing in standings if standing.name not in beaten),
        key=lambda standing: standing.seconds_for_one,
    )
