"""Python's numbers from JSON, as bytes or arrays, and the limits that they must keep."""

from array import array
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

NUMBERS = {int, float}  # exactly: bool is an int to isinstance, and no number here
Limits = tuple[float, float] | None
CLIPPED = "clipped to 0..1"  # a step
_OVERSHOOT = 0.1  # beyond 0..1: what bicubic resampling adds
_CODES = {"<f4": "f", "<f8": "d"}  # of Python's arrays, which are filled fastest


def whole_numbers(values: Iterable[Any]) -> bytes | None:
    """The values as bytes if all are whole numbers from 0 to 255 (or booleans), else None.

    Several times faster than an array of Python's numbers, and nearly all requests of images are like this.
    """
    try:
        return bytes(values)
    except (TypeError, ValueError):
        return None


def numbers(values: Iterable[Any]) -> npt.NDArray[np.float64] | None:
    """The values as float64 if all are numbers (or booleans), else None."""
    try:
        return np.frombuffer(array("d", values), dtype=np.float64)
    except TypeError:
        return None


def floats(values: Iterable[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any] | None:
    """The values in a dtype of floats if all are numbers (or booleans), else None. Too large ones become infinite."""
    code = _CODES.get(dtype.str)
    if code is None:
        parsed = numbers(values)
        with np.errstate(over="ignore"):
            return None if parsed is None else parsed.astype(dtype)
    try:
        return np.frombuffer(array(code, values), dtype=dtype)
    except TypeError:
        return None


def exact_integers(values: list[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any] | None:
    """The values in a dtype of whole numbers if all are such and fit it, else None. As float64, large ones change."""
    if set(map(type, values)) != {int}:
        return None
    try:
        return np.array(values, dtype=dtype)
    except OverflowError:
        return None


def checked_numbers(values: list[Any], *, booleans: bool) -> npt.NDArray[np.float64] | None:
    """The values as float64 if all are numbers, else None. Without ``booleans`` among them it takes half the time."""
    if booleans and not set(map(type, values)) <= NUMBERS:
        return None
    return numbers(values)


def are_allowed(values: npt.NDArray[Any], limits: Limits) -> bool:
    """Return True if no number is ``outside``."""
    return bool(_good(values, limits).all())


def outside(values: npt.NDArray[Any], limits: Limits) -> npt.NDArray[np.intp]:
    """The flat indices of numbers beyond the limits, both of which are allowed; without limits, of those not finite."""
    return np.flatnonzero(~_good(values, limits))


def _good(values: npt.NDArray[Any], limits: Limits) -> npt.NDArray[np.bool_]:
    return np.isfinite(values) if limits is None else (values >= limits[0]) & (values <= limits[1])  # false for NaN


def nearly_unit(values: npt.NDArray[Any]) -> bool:
    """Return True for fractions from 0 to 1 of which resampling made some a little less or more."""
    low, high = float(values.min()), float(values.max())  # NaN compares as false
    return low >= -_OVERSHOOT and 0.0 < high <= 1.0 + _OVERSHOOT and bool((values != np.rint(values)).any())


def allowed(limits: Limits) -> str:
    """The limits in words."""
    return "a finite number" if limits is None else "a number from {:g} to {:g}".format(*limits)


def shown(value: object) -> str:
    """A value in an error message, as JSON and short enough to read."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    text = orjson.dumps(value[:64] if isinstance(value, str) else value).decode()
    return text if len(text) <= 40 else f"{text[:37]}..."
