"""Raw numbers of another type or layout whose length fits: wider numbers, colours, one large picture."""

import math

import numpy as np
import numpy.typing as npt

_LEAST, _MOST = 1e-5, 300.0  # range of floats other than 0: pixels that are unchanged, divided by 255 or standardised
_FEW = 16  # numbers other than 0: fewer do not suffice for a decision
_SHARE = 0.13 / 255  # largest distance of 16-bit floats from a multiple of 1/255
_LEAST_BRAIN = 0.9 / 255  # smallest brain float other than 0: the darkest pixel
_MUCH_LARGER = 8  # ratio of the largest high byte to the largest low byte of numbers; neighbouring pixels differ less
_SAMPLE = 1 << 16  # bytes
_BACKGROUND = 0.3  # smallest share of the numbers that are background
_MAGNIFIED = 0.5  # share of rows that differ from the next row: in a picture magnified by two, every second row does
_ALIKE = 0.5  # ratio of the mean difference to the row below in a large picture to that in separate examples
_PICTURE = 3  # dimensions of an array of pictures
_COLOURS = {3: "RGB", 4: "RGBA"}

_SPREAD = 1e20  # times: the lower halves of 64-bit floats are as random as that when they are read as floats
_LEAST_HALF, _MOST_HALF = 1e-6, 1e9  # of usual 64-bit floats that are not 0
_MOST_UPPER = 100.0  # of their upper halves, read as floats

Bytes = npt.NDArray[np.uint8]


def kind(rows: Bytes) -> str | None:
    """Return the likely content of bytes that were read as examples, such as "32-bit floats"; None for plain bytes."""
    flat = np.ascontiguousarray(rows).reshape(-1)
    if flat.min() == flat.max():
        return None
    colours = next((f"{name} pixels" for depth, name in _COLOURS.items() if _is_coloured(flat, len(rows), depth)), None)
    for width in (8, 4, 2):
        if len(rows) % width == 0:
            if any(_is_float(flat.view(f"{order}f{width}")) for order in "<>"):
                return f"{8 * width}-bit floats"
            if _is_whole(flat, width):
                return f"{8 * width}-bit whole numbers"
            if not colours and _is_standardised(flat, width):
                return f"{8 * width}-bit floats"
            if width == 2 and _is_brain_float(flat):
                return "16-bit floats (BF16)"
    doubled = "16-bit whole numbers" if len(rows) % 2 == 0 and _is_doubled(rows) else None
    return _large(rows) or colours or doubled


def kind_of_floats(rows: npt.NDArray[np.float32]) -> str | None:
    """Return what 32-bit floats (n, ...) look like if that is other numbers; None if they are floats."""
    flat = rows.reshape(-1)
    words = flat.view("<u4")
    if words.max() >> 24 == 0 < words.max():  # as floats, all of them are nearly 0
        return "whole numbers"
    if len(rows) % 2:
        return None
    lower, upper = np.abs(flat.reshape(-1, 2).T)
    lower, sizes = lower[lower != 0], np.abs(flat.view("<f8"))
    sizes = sizes[sizes != 0]
    is_random = len(lower) > 1 and lower.max() / _SPREAD > lower.min()
    is_usual = len(sizes) and sizes.min() > _LEAST_HALF and sizes.max() < _MOST_HALF and upper.max() < _MOST_UPPER
    return "64-bit floats" if is_random and is_usual else None


def _is_whole(flat: Bytes, width: int) -> bool:
    """Return True if the first or the last byte of all numbers is small, as in values of 8 or 12 bits."""
    largest = flat.reshape(-1, width).max(axis=0)
    low, high = sorted((int(largest[0]), int(largest[-1])))
    return high > _MUCH_LARGER * low


def _is_doubled(rows: Bytes) -> bool:
    """Return True for bytes times 257: both bytes of each number are equal. Magnified pictures also have equal rows."""
    flat = rows.reshape(-1, 2)
    lines = rows.reshape(-1, rows.shape[-1])
    return bool((flat[:, 0] == flat[:, 1]).all() and (lines[:-1] != lines[1:]).any(axis=1).mean() > _MAGNIFIED)


def _is_float(values: npt.NDArray[np.floating]) -> bool:
    """Return True for floats that may be pixels from 0 to 255 or from 0 to 1, or such pixels minus their mean."""
    if not np.isfinite(values).all():
        return False
    sizes = np.abs(values[values != 0])
    if len(sizes) < _FEW or sizes.min() < _LEAST or sizes.max() > _MOST:
        return False
    if values.itemsize > 2:
        return True
    shares = values.astype(np.float32)  # two dim pixels may look like a float of 16 bits, but seldom like n / 255
    return bool(sizes.min() > 0.9 / 255 and np.abs(shares - np.rint(shares * 255) / 255).max() < _SHARE)


def _is_standardised(flat: Bytes, width: int) -> bool:
    """Return True if the most frequent number has different bytes: the standardised background, such as -0.42."""
    numbers, counts = np.unique(flat[:_SAMPLE].view(f"<u{width}"), return_counts=True)
    most = counts.argmax()
    return bool(
        counts[most] > _BACKGROUND * counts.sum() and len(set(int(numbers[most]).to_bytes(width, "little"))) > 1
    )


def _is_brain_float(flat: Bytes) -> bool:
    """Return True for pixels of 0 to 1 or 0 to 255 as the upper halves of 32-bit floats."""
    values = (flat.view("<u2").astype("<u4") << 16).view("<f4")
    sizes = values[values != 0]
    if len(sizes) < _FEW or not np.isfinite(sizes).all() or sizes.min() < _LEAST_BRAIN:
        return False
    return bool(sizes.max() <= 256.0)


def _large(rows: Bytes) -> str | None:
    """Return the size if the bytes look like one large square picture instead of several; else None.

    In such a picture, bytes k example rows apart are vertical neighbours. They differ less than bytes one row apart.
    """
    times = math.isqrt(len(rows))
    if rows.ndim != _PICTURE or times * times != len(rows):
        return None
    numbers, width = rows.reshape(-1).astype(np.int16), rows.shape[2]
    near, far = (float(np.abs(numbers[step:] - numbers[:-step]).mean()) for step in (width, width * times))
    if far > _ALIKE * near:
        return None
    return f"one picture of {width * times}x{rows.shape[1] * times} pixels"


def _is_coloured(flat: Bytes, count: int, depth: int) -> bool:
    """Return True for grey pixels stored as three equal channels, with or without an opaque alpha channel."""
    if count % depth:
        return False
    colours = flat.reshape(-1, depth)
    is_grey = bool((colours[:, :3] == colours[:, :1]).all())
    return is_grey and (depth == 3 or bool((colours[:, 3] == 255).all()))
