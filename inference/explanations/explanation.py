"""An explanation of one logit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Explanation:
    """Why the network gives one example the logit that it gives it.

    attributions  float32 in the example's shape: each number's share, above 0 where it speaks for the target
    logit         of the target for the example, before the temperature
    base          of the target for the baseline: what is explained is logit - base
    """

    attributions: npt.NDArray[np.float32]
    logit: float
    base: float

    @property
    def completeness_error(self) -> float:
        """How far the attributions' sum is from logit - base, as a share of it (Sundararajan et al., 2017, axiom 1)."""
        difference = self.logit - self.base
        missed = abs(float(self.attributions.sum(dtype=np.float64)) - difference)
        return missed / abs(difference) if missed else 0.0
