"""What the served model read, and which digit is asked about."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inference.explanations.query import Query


class Reading(NamedTuple):
    """The digit that was read, the digit to explain, and the probability of each, 0..1."""

    digit: int
    confidence: float
    target: int
    probability: float

    @classmethod
    def of(cls, probabilities: npt.NDArray[np.float32], query: Query) -> "Reading":
        """Of the ten probabilities, float32 (10,); the runner-up is the second of them by size."""
        order = np.argsort(-probabilities, kind="stable").tolist()
        target = query.digit(order)
        return cls(order[0], float(probabilities[order[0]]), target, float(probabilities[target]))
