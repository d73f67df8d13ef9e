"""Linear layers with ReLU between them, and the gradient of their outputs, in numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.spec import Floats, Parameters


@dataclass(frozen=True)
class Perceptron:
    """A folded multilayer perceptron.

    weights  float32 (in, out) of each layer
    biases   float32 (out,)
    """

    weights: Sequence[Floats]
    biases: Sequence[Floats]

    @classmethod
    def of(cls, parameters: Parameters) -> Self:
        """Make it of a bundle's parameters: (out, in) and (out,) of each layer in turn."""
        arrays = list(parameters.values())
        return cls([np.ascontiguousarray(weight.T) for weight in arrays[::2]], arrays[1::2])

    def of_inputs(self, columns: npt.NDArray[np.intp]) -> "Perceptron":
        """Return the same function of some of its inputs, by their indices, while the others are 0."""
        return Perceptron([self.weights[0].take(columns, axis=0), *self.weights[1:]], self.biases)

    def logits(self, rows: Floats) -> Floats:
        """Map float32 (n, in) to float32 (n, out)."""
        return self._layers(rows)[-1]

    def gradients(self, rows: Floats, target: int) -> Floats:
        """Return the gradient of one output with respect to the inputs at each of the rows (n, in): (n, in)."""
        hidden = self._layers(rows)[:-1]
        gradients = np.broadcast_to(self.weights[-1][:, target], (len(rows), len(self.weights[-1])))
        for values, weight in zip(reversed(hidden), reversed(self.weights[:-1]), strict=True):
            gradients = (gradients * (values > 0.0)) @ weight.T
        return gradients

    def _layers(self, rows: Floats) -> list[Floats]:
        """Return the output of each layer: of the hidden ones after their ReLU."""
        layers = []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            rows = np.maximum(rows @ weight + bias, 0.0)
            layers.append(rows)
        return [*layers, rows @ self.weights[-1] + self.biases[-1]]
