"""The network as a function of an image's inked pixels alone.

The others are black, as they are on the paper that every method compares with: they have no share, and to leave them
out saves most of the first layer's work.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.network import MLP
from model.pixels import PIXELS


class Ink(NamedTuple):
    """The k inked pixels of an image; of a black one, all.

    columns  int64 (k,), which of the 784 they are
    values   float32 (1, k), 0..1
    forward  float32 (n, k) to logits (n, 10), as the network gives them for images that are black elsewhere
    """

    columns: Tensor
    values: Tensor
    forward: Callable[[Tensor], Tensor]

    def whole(self, shares: Tensor) -> Tensor:
        """Shares (1, k) of the inked pixels as those of all, (1, 784)."""
        found = shares.new_zeros(1, PIXELS)
        found[:, self.columns] = shares
        return found


def of(network: MLP, inputs: Tensor) -> Ink:
    """The ink of one image, float32 (1, 784)."""
    columns = inputs[0].nonzero()[:, 0]
    if not len(columns):
        columns = torch.arange(inputs.shape[1], device=inputs.device)
    first, *rest = network.layers
    assert isinstance(first, nn.Linear)
    weight, bias = first.weight[:, columns], first.bias

    def forward(values: Tensor) -> Tensor:
        found = nn.functional.linear(values, weight, bias)
        for layer in rest:
            found = layer(found)
        return found

    return Ink(columns, inputs[:, columns], forward)
