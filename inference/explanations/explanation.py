"""Explanation of one number in a model's answer."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Explanation:
    """Attribution of the score of a target to the numbers of one example. The attributions explain score - base.

    attributions  float32 in the shape of the example, of an image (height, width): share of each number or pixel,
                  above 0 if it increases the score
    score         score for the example, such as a logit before the temperature
    base          score for the baseline
    """

    attributions: npt.NDArray[np.float32]
    score: float
    base: float

    @property
    def completeness_error(self) -> float:
        """Return the relative error of the sum of attributions, against score - base (Sundararajan et al., 2017)."""
        difference = self.score - self.base
        missed = abs(float(self.attributions.sum(dtype=np.float64)) - difference)
        return missed / abs(difference) if missed else 0.0
