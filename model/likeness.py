"""Detection of images that are like MNIST's and need no normalisation, from the position of their digit.

In MNIST the centre of mass is within half a pixel of the middle, the longer side of a digit is 20 pixels, and a pixel
has full ink (LeCun et al., 1998). All 70,000 images of MNIST pass.
"""

import numpy as np
import numpy.typing as npt

_SIDE = 28
_MIDDLE = 14.0
_OFF = 0.6  # pixels: largest distance of the centre of mass from the middle
_MARGIN = 4  # pixels: a box of 20 leaves eight rows above and below it in total
_FAINT = 255.0  # a smaller sum of grey values is no stroke
_NEXT = 1 / 1024  # weight of the row or column after the margin, which a centred box of 20 reaches on some side
_FULL = 192  # of 255: least value of the brightest pixel


def _features() -> npt.NDArray[np.float32]:
    """Return weights, float32 (8, 784), for sums over the pixels. A product with eight rows is the fastest.

    A sum of the first four is above 0 if the centre of mass is off in one direction. The others are ink along a side.
    """
    row, column = (axis.ravel().astype(np.float32) for axis in np.mgrid[:_SIDE, :_SIDE])
    off = [sign * (axis - _MIDDLE) - _OFF for axis in (row, column) for sign in (1, -1)]
    sides = [row, column, _SIDE - 1 - row, _SIDE - 1 - column]
    ink = [(side < _MARGIN) + (side == _MARGIN) * _NEXT for side in sides]
    return np.stack([*off, *ink]).astype(np.float32)


_FEATURES = _features()


def all_look_like_mnist(images: npt.NDArray[np.uint8]) -> bool:
    """Return True if all images (n, 28, 28) look like MNIST's."""
    if len(images) != 1:
        return bool(look_like_mnist(images).all())
    row = images.ravel()  # this branch saves seven NumPy calls for one image
    sums: list[float] = np.dot(_FEATURES, row.astype(np.float32)).tolist()
    return _fits(sums) and bool(np.maximum.reduce(row) >= _FULL)


def look_like_mnist(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return a mask, bool (n,), of the images (n, 28, 28) that look like MNIST's."""
    flat = images.reshape(-1, _SIDE * _SIDE)
    sums = np.dot(_FEATURES, flat.astype(np.float32).T)  # (8, n)
    sides = sums[4:]
    opposite = np.minimum(sides[:2], sides[2:])  # with ink on opposite sides, the box is larger than 20
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
