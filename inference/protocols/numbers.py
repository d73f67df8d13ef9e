"""Numbers from JSON as bytes or arrays, and their limits."""

from array import array
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

NUMBERS = {int, float}  # compared with type(): isinstance would also accept bool
Limits = tuple[float, float] | None
CLIPPED = "clipped to 0..1"  # name of a preprocessing step
_OVERSHOOT = 0.1  # distance from 0..1 that bicubic resampling may add
_CODES = {"<f4": "f", "<f8": "d"}  # type codes of Python's array, which converts numbers fastest


def whole_numbers(values: Iterable[Any]) -> bytes | None:
    """Return the values as bytes if all are whole numbers from 0 to 255 or booleans, else None.

    This is several times faster than an array of Python numbers. Nearly all requests with images contain such values.
    """
    try:
        return bytes(values)
    except (TypeError, ValueError):
        return None


def numbers(values: Iterable[Any]) -> npt.NDArray[np.float64] | None:
    """Return the values as float64 if all are numbers or booleans, else None."""
    try:
        return np.frombuffer(array("d", values), dtype=np.float64)
    except TypeError:
        return None


def floats(values: Iterable[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any] | None:
    """Return the values in a dtype of floats if all are numbers or booleans, else None. Overflow becomes infinity."""
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
    """Return the values in a dtype of integers if all are integers that fit, else None. They never become floats."""
    if set(map(type, values)) != {int}:
        return None
    try:
        return np.array(values, dtype=dtype)
    except OverflowError:
        return None


def checked_numbers(values: list[Any], *, booleans: bool) -> npt.NDArray[np.float64] | None:
    """Return the values as float64 if all are numbers, else None. The check for ``booleans`` doubles the time."""
    if booleans and not set(map(type, values)) <= NUMBERS:
        return None
    return numbers(values)


def are_allowed(values: npt.NDArray[Any], limits: Limits) -> bool:
    """Return True if ``outside`` would return no index."""
    return bool(_good(values, limits).all())


def outside(values: npt.NDArray[Any], limits: Limits) -> npt.NDArray[np.intp]:
    """Return the flat indices of numbers below or above the limits; without limits, of numbers that are not finite."""
    return np.flatnonzero(~_good(values, limits))


def _good(values: npt.NDArray[Any], limits: Limits) -> npt.NDArray[np.bool_]:
    return np.isfinite(values) if limits is None else (values >= limits[0]) & (values <= limits[1])  # false for NaN


def nearly_unit(values: npt.NDArray[Any]) -> bool:
    """Return True for fractions in 0..1, some of which may be outside by up to 0.1 because of resampling."""
    low, high = float(values.min()), float(values.max())  # comparisons with NaN are false
    return low >= -_OVERSHOOT and 0.0 < high <= 1.0 + _OVERSHOOT and bool((values != np.rint(values)).any())


def allowed(limits: Limits) -> str:
    """Return the limits in words."""
    return "a finite number" if limits is None else "a number from {:g} to {:g}".format(*limits)


def shown(value: object) -> str:
    """Return a value as short JSON for an error message."""
    if isinstance(value, list):
        return f"a list of length {len(value)}"
    if isinstance(value, dict):
        return "an object"
    text = orjson.dumps(value[:64] if isinstance(value, str) else value).decode()
    return text if len(text) <= 40 else f"{text[:37]}..."
