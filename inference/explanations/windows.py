"""Windows that cover a part of an image, and means over the windows that contain a pixel (Zeiler and Fergus, 2014)."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

Window = tuple[slice, slice]

_STEPS = 13  # places along each side
_PARTS = 7  # the side of a window is a seventh of the side of the image; neighbouring places overlap by half

MOST = _STEPS**2


def places(height: int, width: int) -> list[Window]:
    """Return the places of a window in an image, at most 169, row by row from the top."""
    return list(product(_along(height), _along(width)))


def mean_drop(
    shape: tuple[int, int], windows: Sequence[Window], drops: npt.NDArray[np.floating]
) -> npt.NDArray[np.float32]:
    """Return the mean drop of the score over the windows that cover a pixel, (height, width).

    drops  drop for each window, (w,)
    """
    total, count = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for window, drop in zip(windows, drops.tolist(), strict=True):
        total[window] += drop
        count[window] += 1.0
    mean: npt.NDArray[np.float32] = total / count
    return mean


def _along(side: int) -> list[slice]:
    length = -(-side // _PARTS)
    starts = np.rint(np.linspace(0, side - length, min(_STEPS, side - length + 1))).astype(int).tolist()
    return [slice(start, start + length) for start in starts]
