"""Statistics of images that show drift."""

import numpy as np
import numpy.typing as npt

from model.pixels import PIXELS, SIDE, Images

STATISTICS = ("ink", "row", "column", "spread")


def _moments() -> npt.NDArray[np.float32]:
    """Return weights, float32 (784, 4), for sums of ink, and of ink times row, column and squared distance."""
    row, column = (axis.ravel() - (SIDE - 1) / 2 for axis in np.mgrid[:SIDE, :SIDE])
    return np.stack([np.ones(PIXELS), row, column, row**2 + column**2], axis=1).astype(np.float32)


_MOMENTS = _moments()


def measure(images: Images) -> npt.NDArray[np.float32]:
    """Return float32 (n, 4), in the order of STATISTICS, for images, uint8 (n, 28, 28).

    ink     mean of the pixels, 0..1
    row     centre of mass of the ink, in pixels below the middle
    column  centre of mass of the ink, in pixels right of the middle
    spread  mean square distance of the ink from its centre, in square pixels
    """
    moments: npt.NDArray[np.float32] = images.reshape(len(images), PIXELS).astype(np.float32) @ _MOMENTS
    ink, place = moments[:, 0], moments[:, 1:]
    place /= np.maximum(ink, 1.0)[:, None]  # the centre of a black image is the middle
    place[:, 2] -= place[:, 0] ** 2 + place[:, 1] ** 2
    ink /= 255.0 * PIXELS
    return moments
