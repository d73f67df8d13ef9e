"""The network as a function of an image's inked pixels alone.

The others are black, as they are on the paper that every method compares with: they have no share, and to leave them
out saves most of the first layer's work.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.spec import Floats
from model.explanations.perceptron import Perceptron
from model.pixels import PIXELS


@dataclass(frozen=True)
class Ink:
    """The k inked pixels of an image; of a black one, all.

    columns  intp (k,), which of the 784 they are
    values   float32 (k,), 0..1
    network  from the inked pixels (n, k) to logits (n, 10), as of images that are black elsewhere
    """

    columns: npt.NDArray[np.intp]
    values: Floats
    network: Perceptron

    @classmethod
    def of(cls, network: Perceptron, pixels: Floats) -> Self:
        """Find the ink of an image float32 (784,), 0..1."""
        columns = pixels.nonzero()[0]
        if not len(columns):
            columns = np.arange(PIXELS)
        return cls(columns, pixels[columns], network.of_inputs(columns))

    def expand(self, shares: Floats) -> Floats:
        """Return shares (k,) of the inked pixels as those of all, float32 (784,)."""
        expanded = np.zeros(PIXELS, np.float32)
        expanded[self.columns] = shares
        return expanded
