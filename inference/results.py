"""Results of a model that predicts no classes, for n examples."""

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
    """The network's own outputs by name.

    arrays  each (n, ...), or (n,) arrays whose shapes may differ
    axes    of the batch in the network's tensors, where it is not the first dimension
    """

    arrays: Arrays
    axes: Mapping[str, int] = field(default_factory=dict)


def distance(actual: Arrays, expected: Arrays) -> float:
    """Return the largest difference of two results, relative to numbers over 1; infinite if their shapes differ.

    NaN and infinite numbers are equal to themselves only.
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
