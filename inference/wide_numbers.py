"""Raw numbers that are wider than a byte, or have several colours a pixel, and so look like several examples."""

import numpy as np
import numpy.typing as npt

_LEAST, _MOST = 1e-5, 300.0  # of floats that are not 0: pixels as they are, divided by 255, or standardised
_FEW = 16  # numbers other than 0 are too few to tell
_SHARE = 0.13 / 255  # how far 16-bit floats are from a whole number of 255ths
_COLOURS = {3: "RGB", 4: "RGBA"}

Bytes = npt.NDArray[np.uint8]


def kind(rows: Bytes) -> str | None:
    """Return what examples (n, ...) look like if that is no bytes: "32-bit floats"; None if they are bytes."""
    flat = np.ascontiguousarray(rows).reshape(-1)
    if flat.min() == flat.max():
        return None
    for width in (8, 4, 2):
        if len(rows) % width == 0:
            if _is_whole(flat, width):
                return f"{8 * width}-bit whole numbers"
            if any(_is_float(flat.view(f"{order}f{width}")) for order in "<>"):
                return f"{8 * width}-bit floats"
    return next((f"{name} pixels" for depth, name in _COLOURS.items() if _is_coloured(flat, len(rows), depth)), None)


def _is_whole(flat: Bytes, width: int) -> bool:
    """Return True if of each number only the lowest byte is in use."""
    used: npt.NDArray[np.bool_] = np.logical_or.reduce(flat.reshape(-1, width), axis=0)
    return bool(used.sum() == 1 and (used[0] or used[-1]))


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


def _is_coloured(flat: Bytes, count: int, depth: int) -> bool:
    """Return True for grey pixels as three equal colours, and opaque ones with an alpha channel."""
    if count % depth:
        return False
    colours = flat.reshape(-1, depth)
    is_grey = bool((colours[:, :3] == colours[:, :1]).all())
    return is_grey and (depth == 3 or bool((colours[:, 3] == 255).all()))
