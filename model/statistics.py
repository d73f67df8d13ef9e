"""Statistics of an image by which drift is seen."""

import numpy as np
import numpy.typing as npt

from model.pixels import PIXELS, SIDE, Images

STATISTICS = ("ink", "row", "column", "spread")


def _moments() -> npt.NDArray[np.float32]:
    """float32 (784, 4), for sums over an image's pixels: of ink, of its rows, columns and squares of distance."""
    row, column = (axis.ravel() - (SIDE - 1) / 2 for axis in np.mgrid[:SIDE, :SIDE])
    return np.stack([np.ones(PIXELS), row, column, row**2 + column**2], axis=1).astype(np.float32)


_MOMENTS = _moments()


def measure(images: Images) -> npt.NDArray[np.float32]:
    """Of uint8 images (n, 28, 28), float32 (n, 4), in the order of STATISTICS.

    ink     the mean of the pixels, 0..1
    row     of the ink's centre of mass, in pixels below the middle
    column  of the same, in pixels right of the middle
    spread  the ink's mean square distance from its centre, in square pixels
    """
    moments: npt.NDArray[np.float32] = images.reshape(len(images), PIXELS).astype(np.float32) @ _MOMENTS
    ink, place = moments[:, 0], moments[:, 1:]
    place /= np.maximum(ink, 1.0)[:, None]  # a black image has its ink, all none of it, in the middle
    place[:, 2] -= place[:, 0] ** 2 + place[:, 1] ** 2
    ink /= 255.0 * PIXELS
    return moments
