"""Figures of the explanations of one bundle."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from inference.classifier import Classifier
from training.digits.faithfulness.attributed import Attributed
from training.digits.faithfulness.curves import BASELINES, Curves, area, curves
from training.digits.faithfulness.subjects import Shares, Subjects


@dataclass(frozen=True)
class Faithfulness:
    """Curves of a ranking, as means over n images, and the areas under them.

    better  share of the images, 0..1, with a smaller deletion area than the random ranking has
    gain    deletion area of the random ranking minus that of this ranking, as a mean over the images
    error   half the width of the 95 % interval of the gain
    """

    deletion: list[float]
    insertion: list[float]
    deletion_area: float
    insertion_area: float
    better: float
    gain: float
    error: float

    @property
    def beats_random(self) -> bool:
        """Return whether the gain is significant."""
        return self.gain - self.error > 0.0


@dataclass(frozen=True)
class Completeness:
    """Distance of the sum of the attributions from the logit difference, as a fraction of it, over n images."""

    mean: float
    p99: float
    most: float
    over_one_percent: int

    @classmethod
    def of(cls, missed: npt.NDArray[np.float64]) -> "Completeness":
        over = int((missed > 0.01).sum())
        return cls(float(missed.mean()), float(np.quantile(missed, 0.99)), float(missed.max()), over)


@dataclass(frozen=True)
class FaithfulnessFigures:
    """Content of results/explanations.json.

    images         number of images explained
    faithfulness   by method, then the two baselines
    milliseconds   by method: median of one explanation in this process, on one thread
    completeness   of integrated gradients, for the predicted digit and for the runner-up
    agreement      mean rank correlation of each pair of methods, in the order of the methods
    randomised     by method, for a network whose last 1, 2, .. layers are random: for each draw, the mean rank
                   correlation of its attributions with those of the trained network
    """

    images: int
    faithfulness: dict[str, Faithfulness]
    milliseconds: dict[str, float]
    completeness: dict[str, Completeness]
    agreement: list[list[float]]
    randomised: dict[str, list[list[float]]]


def faithfulness(
    classifier: Classifier, subjects: Subjects, attributed: dict[str, Attributed]
) -> dict[str, Faithfulness]:
    """Return the figures of every method and of the baselines."""
    shares: dict[str, Shares] = {name: attributions.shares for name, attributions in attributed.items()}
    shares |= {name: make(subjects) for name, make in BASELINES.items()}
    drawn = {name: curves(classifier, subjects, attributions) for name, attributions in shares.items()}
    return {name: _summary(attributions, drawn["random"]) for name, attributions in drawn.items()}


def agreement(subjects: Subjects, attributed: dict[str, Attributed]) -> list[list[float]]:
    """Return the mean rank correlations, a row for each method."""
    shares = [attributions.shares for attributions in attributed.values()]
    matrix = np.eye(len(shares))
    for row in range(len(shares)):
        for column in range(row):
            matrix[row, column] = matrix[column, row] = correlations(subjects, shares[row], shares[column]).mean()
    return matrix.tolist()


def _summary(curves: Curves, chance: Curves) -> Faithfulness:
    areas, random = area(curves.deletion), area(chance.deletion)
    gains = random - areas
    return Faithfulness(
        deletion=curves.deletion.mean(axis=0).tolist(),
        insertion=curves.insertion.mean(axis=0).tolist(),
        deletion_area=float(areas.mean()),
        insertion_area=float(area(curves.insertion).mean()),
        better=float((gains > 0).mean()),
        gain=float(gains.mean()),
        error=float(1.96 * gains.std(ddof=1) / np.sqrt(len(gains))),
    )


def correlations(subjects: Subjects, one: Shares, other: Shares) -> npt.NDArray[np.float64]:
    """Return Spearman's rank correlation, -1..1, over the inked pixels of each image, (n,).

    Over all pixels any two methods would agree, because most pixels are black and have a share of 0.
    """
    triples = zip(subjects.inked, one, other, strict=True)
    return np.array([_correlation(first[inked], second[inked]) for inked, first, second in triples])


def _correlation(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    ranks = rankdata(one), rankdata(other)
    if min(float(np.ptp(rank)) for rank in ranks) == 0.0:  # all values are equal: there is no ranking
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])
