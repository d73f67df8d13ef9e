"""Superpixels of 28x28 pixels: the square patches of a grid that contain ink."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from inference.spec import Floats
from model.explanations.ink import Ink
from model.pixels import SIDE

WIDTH = 4  # pixels, a divisor of 28; strokes are two to four pixels wide


class Patches(NamedTuple):
    """The m patches with ink of an image. The other patches are black, so that removing them changes nothing.

    members  float32 (m, k): 1 if an inked pixel belongs to the patch
    weights  float32 (m, k): share of a pixel in the ink of its patch, rows sum to 1
    """

    members: Floats
    weights: Floats

    @classmethod
    def of(cls, ink: Ink) -> Self:
        """Return the patches of an image."""
        rows, columns = np.divmod(ink.columns, SIDE)
        number = rows // WIDTH * (SIDE // WIDTH) + columns // WIDTH  # (k,)
        present = np.unique(number[ink.values > 0.0])
        members = (number == present[:, None]).astype(np.float32)
        weights = members * ink.values
        return cls(members, weights / weights.sum(axis=1, keepdims=True))

    def spread(self, values: npt.NDArray[np.float64]) -> Floats:
        """Divide the value of each patch (m,) among its pixels in proportion to their ink, (k,)."""
        return values.astype(np.float32) @ self.weights
