"""Images as nested lists of numbers, the way JSON carries them."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from inference.errors import InvalidPixels
from inference.protocols.request import check_count
from model.pixels import PIXELS, SIDE, Images, Treatment

HINT = "send 784 numbers from 0 to 255 or 28 rows of 28, white ink on black"
_TREATMENT = Treatment("numbers")
_SCALED = Treatment("numbers", steps=("scaled from 0..1",))
_NUMBERS = {int, float}  # exactly: bool is an int to isinstance, and no pixel


def images(values: Sequence[Any], names: Sequence[str], *, booleans: bool) -> tuple[Images, Sequence[Treatment]]:
    """Each value is one image: 784 numbers, 28x28 or 28x28x1, from 0 to 255; ``names`` tell them apart in errors.

    An image of fractions none of which is over 1 was scaled to 0..1 by its sender, and is scaled back.
    ``booleans``: whether there may be true or false among the numbers.
    Raises InvalidPixels that names the first value that is no pixel, and TooLarge for too many images.
    """
    check_count(len(values))
    if not booleans and (whole := _whole(values)) is not None:
        return whole, [_TREATMENT] * len(values)
    grey = np.stack([_grey(value, name, booleans=booleans) for value, name in zip(values, names, strict=True)])
    return _to_bytes(grey)


def may_have_booleans(text: bytes) -> bool:
    """Whether true or false occurs in a JSON text: to Python they would be the numbers 1 and 0."""
    return b"true" in text or b"false" in text


def whole_numbers(values: Iterable[Any]) -> bytes | None:
    """The values as bytes if all are whole numbers from 0 to 255 (or booleans), else None.

    Several times faster than an array of Python's numbers, and nearly all requests are like this.
    """
    try:
        return bytes(values)
    except (TypeError, ValueError):
        return None


def numbers(values: list[Any], *, booleans: bool) -> npt.NDArray[np.float64] | None:
    """The values as float64 if all are numbers, else None. Without ``booleans`` among them it takes half the time."""
    if booleans and not set(map(type, values)) <= _NUMBERS:
        return None
    try:
        return np.frombuffer(array("d", values), dtype=np.float64)
    except TypeError:
        return None


def shown(value: object) -> str:
    """A value in an error message, as JSON and short enough to read."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    text = orjson.dumps(value[:64] if isinstance(value, str) else value).decode()
    return text if len(text) <= 40 else f"{text[:37]}..."


def _whole(values: Sequence[Any]) -> Images | None:
    """The images if they are what most clients send: 784 whole numbers or 28 rows of 28."""
    parts = []
    for value in values:
        if not isinstance(value, list):
            return None
        nested = len(value) == SIDE and all(isinstance(row, list) and len(row) == SIDE for row in value)
        if not nested and len(value) != PIXELS:
            return None
        part = whole_numbers(chain.from_iterable(value) if nested else value)
        if part is None:
            return None
        parts.append(part)
    return np.frombuffer(b"".join(parts), dtype=np.uint8).reshape(-1, SIDE, SIDE)


def _grey(value: Any, name: str, *, booleans: bool) -> npt.NDArray[np.float64]:
    """The 784 numbers of one image."""
    flat = _flat(value, name)
    grey = numbers(flat, booleans=booleans)
    if grey is None:
        index = next(index for index, number in enumerate(flat) if type(number) not in _NUMBERS)
        raise _no_pixel(flat[index], index, name)
    bad = np.flatnonzero((grey < 0.0) | (grey > 255.0))
    if len(bad):
        raise _no_pixel(flat[bad[0]], int(bad[0]), name)
    return grey


def _flat(value: Any, name: str) -> list[Any]:
    """The 784 members of one image, whatever they are."""
    if not isinstance(value, list):
        raise InvalidPixels(f"{name} must be a list of numbers, not {shown(value)}", HINT)
    if len(value) == PIXELS:
        return value
    if len(value) != SIDE:
        raise InvalidPixels(f"{name} has {len(value)} members", HINT)
    for index, row in enumerate(value):
        if not isinstance(row, list) or len(row) != SIDE:
            raise InvalidPixels(f"{name}[{index}] must be a row of 28 numbers, not {shown(row)}", HINT)
    cells = list(chain.from_iterable(value))
    if set(map(type, cells)) == {list} and set(map(len, cells)) == {1}:  # 28x28x1
        return list(chain.from_iterable(cells))
    return cells


def _no_pixel(value: object, pixel: int, name: str) -> InvalidPixels:
    return InvalidPixels(f"pixel {pixel} of {name} is {shown(value)}, not a number from 0 to 255", HINT)


def _to_bytes(grey: npt.NDArray[np.float64]) -> tuple[Images, Sequence[Treatment]]:
    unit = (grey.max(axis=1) <= 1.0) & (grey != np.rint(grey)).any(axis=1)  # (k,)
    grey[unit] *= 255.0
    images = np.rint(grey).astype(np.uint8).reshape(-1, SIDE, SIDE)
    return images, [_SCALED if scaled else _TREATMENT for scaled in unit]
