"""Random distortions that leave an image in its class."""

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as nnf
from torch import Tensor

from model.pixels import SIDE

_KNOTS = 6  # the elastic field is drawn on a 6x6 grid and smoothed to the image's size: strokes bend, they do not fray


@dataclass(frozen=True)
class Augmentation:
    """How far an image may be distorted; 0 everywhere leaves it as it is.

    rotation     largest turn either way, degrees
    scale        largest change of either side's length, as a fraction
    shear        largest horizontal slant, as a fraction of the height
    translation  largest shift along either axis, pixels
    elastic      standard deviation of the smooth random displacement of each pixel (Simard et al., 2003), pixels
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    translation: float = 0.0
    elastic: float = 0.0

    def __bool__(self) -> bool:
        return any((self.rotation, self.scale, self.shear, self.translation, self.elastic))

    def __call__(self, pixels: Tensor) -> Tensor:
        """Distort float32 (n, pixels), each image in its own way, drawn from torch's global generator."""
        if not self:
            return pixels
        n = len(pixels)
        images = nnf.grid_sample(pixels.view(n, 1, SIDE, SIDE), self._places(n), align_corners=False)
        return images.view(n, -1)

    def _places(self, n: int) -> Tensor:
        """Where in the input each output pixel is taken from: (n, side, side, 2) in -1..1, x before y.

        One matrix product gives the affine map and the elastic field together, four times as fast as apart.
        """
        knots = torch.randn(n, 2, _KNOTS * _KNOTS) * (2.0 / SIDE * self.elastic)
        coefficients = torch.cat([self._affine(n), knots], dim=2)  # (n, 2, 39)
        return (coefficients @ _basis()).view(n, 2, SIDE, SIDE).permute(0, 2, 3, 1)

    def _affine(self, n: int) -> Tensor:
        """Matrices (n, 2, 3) that map a place in the output to its place in the input."""
        angle = _uniform(n, math.radians(self.rotation))
        width, height = 1.0 + _uniform(n, self.scale), 1.0 + _uniform(n, self.scale)
        slant = _uniform(n, self.shear)
        shift = 2.0 / SIDE * self.translation
        cos, sin = torch.cos(angle), torch.sin(angle)
        across = torch.stack([cos * width, (slant * cos - sin) * height, _uniform(n, shift)], dim=1)
        down = torch.stack([sin * width, (slant * sin + cos) * height, _uniform(n, shift)], dim=1)
        return torch.stack([across, down], dim=1)


def _uniform(n: int, most: float) -> Tensor:
    return torch.empty(n).uniform_(-most, most)


@cache
def _basis() -> Tensor:
    """What the coefficients multiply, for each pixel: x, y, 1 and the weight of each knot; (39, pixels)."""
    side = torch.linspace(1 / SIDE - 1, 1 - 1 / SIDE, SIDE)  # centres of the pixels in -1..1
    weights = _smoothing().T.contiguous()  # (6, side)
    affine = torch.stack([side.repeat(SIDE), side.repeat_interleave(SIDE), torch.ones(SIDE * SIDE)])
    return torch.cat([affine, torch.kron(weights, weights)])


def _smoothing() -> Tensor:
    """Gaussian weights (side, 6) of the knots for each pixel of a side; the squares of a row sum to 1."""
    knots = torch.linspace(0, SIDE - 1, _KNOTS)
    distance = (torch.arange(SIDE)[:, None] - knots) / (knots[1] - knots[0])
    weights = torch.exp(-2.0 * distance.square())
    smoothing: Tensor = weights / weights.norm(dim=1, keepdim=True)
    return smoothing
