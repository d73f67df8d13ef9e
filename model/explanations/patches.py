"""Superpixels that suit 28x28: square patches of a grid, of which those with ink count."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from inference.spec import Floats
from model.explanations.ink import Ink
from model.pixels import SIDE

WIDTH = 4  # pixels: a stroke is two to four wide; divides 28


class Patches(NamedTuple):
    """The m patches of an image that have ink; the others are black already, and nothing changes without them.

    members  float32 (m, k): 1 where an inked pixel is the patch's
    weights  float32 (m, k): what share of its patch's ink a pixel has, rows sum to 1
    """

    members: Floats
    weights: Floats

    @classmethod
    def of(cls, ink: Ink) -> Self:
        """Find the patches of an image."""
        rows, columns = np.divmod(ink.columns, SIDE)
        number = rows // WIDTH * (SIDE // WIDTH) + columns // WIDTH  # (k,)
        present = np.unique(number[ink.values > 0.0])
        members = (number == present[:, None]).astype(np.float32)
        weights = members * ink.values
        return cls(members, weights / weights.sum(axis=1, keepdims=True))

    def spread(self, values: npt.NDArray[np.float64]) -> Floats:
        """Share a value of each patch (m,) out over its pixels by their ink: (k,), with the same sum."""
        return values.astype(np.float32) @ self.weights
