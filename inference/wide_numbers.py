"""Raw numbers that are not examples one after the other, though as long: wide ones, colours, one large picture."""

import math

import numpy as np
import numpy.typing as npt

_LEAST, _MOST = 1e-5, 300.0  # of floats that are not 0: pixels as they are, divided by 255, or standardised
_FEW = 16  # numbers other than 0 are too few to tell
_SHARE = 0.13 / 255  # how far 16-bit floats are from a whole number of 255ths
_LEAST_BRAIN = 0.9 / 255  # of brain floats that are not 0: the darkest pixel
_MUCH_LARGER = 8  # times: the largest byte in one place of a number is in the other. Pixels side by side differ less
_SAMPLE = 1 << 16  # bytes
_BACKGROUND = 0.3  # share of the numbers
_MAGNIFIED = 0.5  # share of rows that differ from the next: half of them in a picture that is twice as large
_ALIKE = 0.5
_PICTURE = 3  # axes of several pictures
_COLOURS = {3: "RGB", 4: "RGBA"}

Bytes = npt.NDArray[np.uint8]


def kind(rows: Bytes) -> str | None:
    """Return what examples (n, ...) look like if that is no bytes: "32-bit floats"; None if they are bytes."""
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


def _is_whole(flat: Bytes, width: int) -> bool:
    """Return True if the highest byte of each number is small or not in use, as of 0 to 255 and of 12 bits."""
    largest = flat.reshape(-1, width).max(axis=0)
    low, high = sorted((int(largest[0]), int(largest[-1])))
    return high > _MUCH_LARGER * low


def _is_doubled(rows: Bytes) -> bool:
    """Return True for 0 to 255 as 16 bits, 257 times as large: its bytes are equal in pairs, as in magnified rows."""
    flat = rows.reshape(-1, 2)
    lines = rows.reshape(-1, rows.shape[-1])
    return bool((flat[:, 0] == flat[:, 1]).all() and (lines[:-1] != lines[1:]).any(axis=1).mean() > _MAGNIFIED)


def _is_float(values: npt.NDArray[np.floating]) -> bool:
    """Return True for pixels of 0 to 255, or 0 to 1, or less their mean."""
    if not np.isfinite(values).all():
        return False
    sizes = np.abs(values[values != 0])
    if len(sizes) < _FEW or sizes.min() < _LEAST or sizes.max() > _MOST:
        return False
    if values.itemsize > 2:
        return True
    shares = values.astype(np.float32)  # dim pixels in pairs may be floats of 16 bits; hardly whole 255ths
    return bool(sizes.min() > 0.9 / 255 and np.abs(shares - np.rint(shares * 255) / 255).max() < _SHARE)


def _is_standardised(flat: Bytes, width: int) -> bool:
    """Return True if a number that is not the same byte again and again is the background: -0.42 in floats."""
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
    """The size of a square picture that is some times as large as an example; None if neighbours differ as in several.

    Its rows then lie as far apart as some of an example's rows, and are more alike than those next to each other.
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
    """Return True for grey pixels as three equal colours, and opaque ones with an alpha channel."""
    if count % depth:
        return False
    colours = flat.reshape(-1, depth)
    is_grey = bool((colours[:, :3] == colours[:, :1]).all())
    return is_grey and (depth == 3 or bool((colours[:, 3] == 255).all()))
