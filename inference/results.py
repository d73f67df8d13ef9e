"""Results, for n examples, of a model that does not predict classes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.spec import Floats

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Values:
    """Numbers, float32 (n, m)."""

    values: Floats


@dataclass(frozen=True)
class Tensors:
    """Outputs of the network by name.

    arrays  each (n, ...), or (n,) of arrays whose shapes may differ
    axes    batch dimension of each network tensor in which it is not the first
    """

    arrays: Arrays
    axes: Mapping[str, int] = field(default_factory=dict)


def distance(actual: Arrays, expected: Arrays) -> float:
    """Return the largest difference of two results; infinite if their names or shapes differ.

    The difference is relative for expected numbers over 1. NaN and infinite numbers are equal only to themselves.
    """
    if actual.keys() != expected.keys() or any(actual[name].shape != expected[name].shape for name in expected):
        return float("inf")
    return max((_distance(actual[name], expected[name]) for name in expected), default=0.0)


def _distance(actual: npt.NDArray[Any], expected: npt.NDArray[Any]) -> float:
    if expected.dtype == object:  # texts, or an array for each example
        return max((_of_element(*pair) for pair in zip(actual.ravel(), expected.ravel(), strict=True)), default=0.0)
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    with np.errstate(invalid="ignore"):
        difference = np.abs(a - b) / np.maximum(1.0, np.abs(b))
    difference[(a == b) | (np.isnan(a) & np.isnan(b))] = 0.0
    difference[np.isnan(difference)] = np.inf
    return float(difference.max(initial=0.0))


def _of_element(actual: Any, expected: Any) -> float:
    if not isinstance(expected, np.ndarray):
        return 0.0 if actual == expected else float("inf")
    return _distance(actual, expected) if actual.shape == expected.shape else float("inf")
