"""Likeness of the results of two versions for the same examples: agreement of classes, or distance of numbers.

Results are arrays, named as in the golden file of an archive: "probabilities", "values", or "output.NAME" of a tensor.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.inputs.named import objects
from inference.results import Arrays
from serving.changes.gates import Gates
from serving.errors import UserError

PROBABILITIES, VALUES, _TENSOR = "probabilities", "values", "output."


class UnlikeError(UserError):
    """Error about results that differ in kind or shape, and cannot be compared."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of classes: share of examples with the same label, and largest difference of a probability."""

    share: float
    distance: float

    def failures(self, gates: Gates) -> list[str]:
        if self.share >= gates.agreement:
            return []
        return [f"agreement is {self.share:.2%}, and {gates.agreement:.2%} is wanted"]

    def __str__(self) -> str:
        return f"agreement {self.share:.2%}, largest difference of a probability {self.distance:.2g}"


@dataclass(frozen=True)
class Distance:
    """Distance of numbers: largest difference, absolute and relative.

    absolute  in the unit of the numbers
    relative  to the largest number of the live version in the same value or tensor
    name      value or tensor with the largest relative difference
    """

    absolute: float
    relative: float
    name: str

    def failures(self, gates: Gates) -> list[str]:
        if self.relative <= gates.difference:
            return []
        return [f"{self.name} differs by {self.relative:.2%} of its size, and {gates.difference:.2%} is allowed"]

    def __str__(self) -> str:
        return f"largest difference {self.absolute:.2g}, and {self.relative:.2%} of the size of {self.name}"


Likeness = Agreement | Distance


def likeness(live: Arrays, new: Arrays) -> Likeness:
    """Compare the results of two versions. Raises UnlikeError if their shapes differ."""
    for name, array in new.items():
        if array.shape != live[name].shape:
            raise UnlikeError(
                f"{_shown(name)} has the shape {list(array.shape)}, and the live version's has {list(live[name].shape)}"
            )
    if PROBABILITIES in new:
        a, b = live[PROBABILITIES], new[PROBABILITIES]
        alike = a.argmax(axis=1) == b.argmax(axis=1)
        return Agreement(float(alike.mean()), float(np.abs(a - b).max()))
    compared = [difference for name in new for difference in _distances(name, live[name], new[name])]
    worst = max(compared, key=lambda difference: difference.relative)
    return Distance(max(difference.absolute for difference in compared), worst.relative, worst.name)


def arrays(predictions: Sequence[Mapping[str, Any]], like: Arrays) -> Arrays:
    """Return the results in n answers as arrays (n, ...), named as in a golden file.

    like  arrays of that file; an array of objects allows results of different shapes

    Raises UnlikeError if the answers have no such results.
    """
    try:
        return {
            name: _array([_result(answer, name) for answer in predictions], apart=expected.dtype == object)
            for name, expected in like.items()
        }
    except (KeyError, ValueError) as error:
        keys = ", ".join(map(repr, predictions[0]))
        raise UnlikeError(f"answers have {keys}, and no {' and '.join(map(_shown, like))} of one shape") from error


def _result(answer: Mapping[str, Any], name: str) -> Any:
    result = answer[_shown(name)]
    return list(result.values()) if isinstance(result, Mapping) else result


def _array(results: list[Any], *, apart: bool) -> npt.NDArray[Any]:
    """Return numbers of JSON, where null is NaN, as an array."""
    if apart:
        return objects([_array(result, apart=False) for result in results])
    array = np.array(results)
    return array.astype(np.float64) if array.dtype == object else array


def _distances(name: str, live: npt.NDArray[Any], new: npt.NDArray[Any]) -> Iterable[Distance]:
    """Return the distance of each value, or of a tensor as a whole."""
    if name != VALUES:
        return [_distance(_shown(name), live, new)]
    columns = range(live.shape[1])
    return [_distance(f"value {column}", live[:, column], new[:, column]) for column in columns]


def _distance(name: str, live: npt.NDArray[Any], new: npt.NDArray[Any]) -> Distance:
    """Return the distance of two arrays. NaN equals only NaN, and a text only the same text."""
    if new.dtype == object:
        if any(a.shape != b.shape for a, b in zip(live, new, strict=True)):
            return Distance(np.inf, np.inf, name)
        live, new = (np.concatenate([part.ravel() for part in array]) for array in (live, new))
    if live.dtype.kind == "U" or new.dtype.kind == "U":
        share = float((live != new).mean())
        return Distance(share, share, name)
    a, b = live.astype(np.float64), new.astype(np.float64)
    difference = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a - b))
    difference[np.isnan(difference)] = np.inf
    absolute, size = float(difference.max(initial=0.0)), float(np.nanmax(np.abs(a), initial=0.0))
    if not absolute:
        return Distance(0.0, 0.0, name)
    return Distance(absolute, absolute / size if size else np.inf, name)


def _shown(name: str) -> str:
    return name.removeprefix(_TENSOR)
