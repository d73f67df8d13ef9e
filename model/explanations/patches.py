"""Superpixels that suit 28x28: square patches of a grid, of which those with ink count."""

from typing import NamedTuple

import torch
from torch import Tensor

from model.pixels import PIXELS, SIDE

WIDTH = 4  # pixels: a stroke is two to four wide


class Patches(NamedTuple):
    """The m patches of an image that have ink; the others are black already, and nothing changes without them.

    members  float32 (m, 784): 1 where a pixel is the patch's
    weights  float32 (m, 784): what share of its patch's ink a pixel has, rows sum to 1
    """

    members: Tensor
    weights: Tensor

    def spread(self, values: Tensor) -> Tensor:
        """A value for each patch (m,) shared out over its pixels by their ink: (1, 784), with the same sum."""
        return (values.to(self.weights) @ self.weights).reshape(1, PIXELS)


def inked(inputs: Tensor, width: int = WIDTH) -> Patches:
    """The patches of an image float32 (1, 784), 0..1; ``width`` divides 28."""
    rows = torch.arange(SIDE, device=inputs.device) // width
    number = (rows[:, None] * (SIDE // width) + rows[None, :]).reshape(-1)  # (784,)
    members = torch.nn.functional.one_hot(number).T.to(inputs.dtype)  # (patches, 784)
    ink = members * inputs
    has_ink = ink.sum(dim=1) > 0
    members, ink = members[has_ink], ink[has_ink]
    return Patches(members, ink / ink.sum(dim=1, keepdim=True))
