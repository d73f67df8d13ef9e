"""The predicted class, and the class to explain."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inference.explanations.query import PREDICTED, SECOND, Query


class Reading(NamedTuple):
    """The class that was predicted, the class to explain, as indices of labels, and the probability of each, 0..1."""

    predicted: int
    confidence: float
    target: int
    probability: float

    @classmethod
    def of(cls, probabilities: npt.NDArray[np.float32], query: Query, labels: Sequence[str]) -> "Reading":
        """Read float32 (labels,); the runner-up is the second of them by size."""
        order = np.argsort(-probabilities, kind="stable").tolist()
        target = _target(order, query.target, labels)
        return cls(order[0], float(probabilities[order[0]]), target, float(probabilities[target]))


def _target(order: Sequence[int], target: str, labels: Sequence[str]) -> int:
    if target == PREDICTED:
        return order[0]
    return order[1] if target == SECOND else labels.index(target)
