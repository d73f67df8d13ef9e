"""Agreement of two rankings of an image's pixels."""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from training.digits.faithfulness.subjects import Shares, Subjects


def correlations(subjects: Subjects, one: Shares, other: Shares) -> npt.NDArray[np.float64]:
    """Spearman's rank correlation, -1..1, over the inked pixels of each image, (n,).

    Over all pixels any two methods would agree, for most pixels are black and have a share of nothing.
    """
    triples = zip(subjects.inked, one, other, strict=True)
    return np.array([_correlation(first[inked], second[inked]) for inked, first, second in triples])


def _correlation(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    ranks = rankdata(one), rankdata(other)
    if min(float(np.ptp(rank)) for rank in ranks) == 0.0:  # all alike: nothing is ranked
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])
