"""Multilayer perceptron in NumPy, with the gradient of its outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.spec import Floats, Parameters


@dataclass(frozen=True)
class Perceptron:
    """Folded multilayer perceptron: linear layers with ReLU between them.

    weights  float32 (in, out) for each layer
    biases   float32 (out,) for each layer
    """

    weights: Sequence[Floats]
    biases: Sequence[Floats]

    @classmethod
    def of(cls, parameters: Parameters) -> Self:
        """Return the perceptron with the parameters of a bundle: (out, in) and (out,) for each layer."""
        arrays = list(parameters.values())
        return cls([np.ascontiguousarray(weight.T) for weight in arrays[::2]], arrays[1::2])

    def of_inputs(self, columns: npt.NDArray[np.intp]) -> "Perceptron":
        """Return the perceptron as a function of the inputs with these indices, while the other inputs are 0."""
        return Perceptron([self.weights[0].take(columns, axis=0), *self.weights[1:]], self.biases)

    def logits(self, rows: Floats) -> Floats:
        """Map float32 (n, in) to float32 (n, out)."""
        return self._layers(rows)[-1]

    def gradients(self, rows: Floats, target: int) -> Floats:
        """Return the gradient of one output with respect to the inputs, (n, in), for each row (n, in)."""
        hidden = self._layers(rows)[:-1]
        gradients = np.broadcast_to(self.weights[-1][:, target], (len(rows), len(self.weights[-1])))
        for values, weight in zip(reversed(hidden), reversed(self.weights[:-1]), strict=True):
            gradients = (gradients * (values > 0.0)) @ weight.T
        return gradients

    def _layers(self, rows: Floats) -> list[Floats]:
        """Return the output of each layer; for hidden layers after the ReLU."""
        layers = []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            rows = np.maximum(rows @ weight + bias, 0.0)
            layers.append(rows)
        return [*layers, rows @ self.weights[-1] + self.biases[-1]]
