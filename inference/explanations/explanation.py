"""An explanation of one number that a model answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Explanation:
    """Attribution of a model's score for one example.

    attributions  float32 in the example's shape, of an image by pixel: each number's share, above 0 where it speaks for
                  the target
    score         of the target for the example: a logit before the temperature, or what else is explained
    base          of the target for the baseline: what is explained is score - base
    """

    attributions: npt.NDArray[np.float32]
    score: float
    base: float

    @property
    def completeness_error(self) -> float:
        """Return the distance of the attributions' sum from score - base, as a share of it (Sundararajan et al., 2017,
        axiom 1).
        """
        difference = self.score - self.base
        missed = abs(float(self.attributions.sum(dtype=np.float64)) - difference)
        return missed / abs(difference) if missed else 0.0
