"""Network as a function of only the inked pixels of an image.

The other pixels are black, as on the black paper with which every method compares, so their share is 0. Without them,
most work of the first layer is saved.
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
    """The k inked pixels of an image; all pixels of a black image.

    columns  intp (k,), indices among the 784 pixels
    values   float32 (k,), 0..1
    network  maps inked pixels (n, k) to logits (n, 10), for images that are black elsewhere
    """

    columns: npt.NDArray[np.intp]
    values: Floats
    network: Perceptron

    @classmethod
    def of(cls, network: Perceptron, pixels: Floats) -> Self:
        """Return the ink of an image, float32 (784,), 0..1."""
        columns = pixels.nonzero()[0]
        if not len(columns):
            columns = np.arange(PIXELS)
        return cls(columns, pixels[columns], network.of_inputs(columns))

    def expand(self, shares: Floats) -> Floats:
        """Return the shares of all pixels, float32 (784,), for the shares (k,) of the inked pixels."""
        expanded = np.zeros(PIXELS, np.float32)
        expanded[self.columns] = shares
        return expanded
