"""Likeness to MNIST: position of digits in the image, to find images that need no normalisation.

MNIST's digits have their centre of mass within half a pixel of the field's middle, 20 pixels on the longer side, and
full ink somewhere (LeCun et al., 1998). All its 70,000 images pass.
"""

import numpy as np
import numpy.typing as npt

_SIDE = 28
_MIDDLE = 14.0
_OFF = 0.6  # pixels that the centre of mass may be off the middle
_MARGIN = 4  # pixels: a box of 20 leaves eight in all, above and below it together
_FAINT = 255.0  # sum of grey values that is no stroke
_NEXT = 1 / 1024  # weight of the next row or column: a box of 20 that is centred by mass reaches it on some side
_FULL = 192  # of 255: the brightest pixel's least


def _features() -> npt.NDArray[np.float32]:
    """float32 (8, 784), for sums over an image's pixels; eight rows are the fastest to multiply by.

    Four are above 0 if the centre of mass is off in one direction; four are the ink along each side.
    """
    row, column = (axis.ravel().astype(np.float32) for axis in np.mgrid[:_SIDE, :_SIDE])
    off = [sign * (axis - _MIDDLE) - _OFF for axis in (row, column) for sign in (1, -1)]
    sides = [row, column, _SIDE - 1 - row, _SIDE - 1 - column]
    ink = [(side < _MARGIN) + (side == _MARGIN) * _NEXT for side in sides]
    return np.stack([*off, *ink]).astype(np.float32)


_FEATURES = _features()


def all_look_like_mnist(images: npt.NDArray[np.uint8]) -> bool:
    """Return True if each image of (n, 28, 28) lies in its field as MNIST's do."""
    if len(images) != 1:
        return bool(look_like_mnist(images).all())
    row = images.ravel()  # without the cost of seven calls for one image
    sums: list[float] = np.dot(_FEATURES, row.astype(np.float32)).tolist()
    return _fits(sums) and bool(np.maximum.reduce(row) >= _FULL)


def look_like_mnist(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return a mask, bool (n,), of the images (n, 28, 28) that lie in their field as MNIST's do."""
    flat = images.reshape(-1, _SIDE * _SIDE)
    sums = np.dot(_FEATURES, flat.astype(np.float32).T)  # (8, n)
    sides = sums[4:]
    opposite = np.minimum(sides[:2], sides[2:])  # ink on both is more than a box of 20 has
    alike: npt.NDArray[np.bool_] = np.maximum.reduce(sums[:4]) <= 0.0
    alike &= np.maximum.reduce(opposite) <= _FAINT
    alike &= np.maximum.reduce(sides) > 0.0
    alike &= np.maximum.reduce(flat, axis=1) >= _FULL
    return alike


def _fits(sums: list[float]) -> bool:
    up, down, left_off, right_off, top, left, bottom, right = sums
    return (
        max(up, down, left_off, right_off) <= 0.0
        and min(top, bottom) <= _FAINT
        and min(left, right) <= _FAINT
        and max(top, left, bottom, right) > 0.0
    )
