"""Random distortions of images that do not change their class."""

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as nnf
from torch import Tensor

from model.pixels import SIDE

_KNOTS = 6  # the elastic field is drawn on a 6x6 grid and then smoothed, so that strokes bend but do not break up


@dataclass(frozen=True)
class Augmentation:
    """Limits of the distortion of an image. With 0 everywhere, the image stays as it is.

    rotation     largest angle in both directions, degrees
    scale        largest change of the width and of the height, as a fraction
    shear        largest horizontal slant, as a fraction of the height
    translation  largest shift along either axis
    elastic      standard deviation of the smooth random displacement of each pixel (Simard et al., 2003)

    The last two are in pixels of the specification's image size. They grow in proportion for larger images.
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    translation: float = 0.0
    elastic: float = 0.0

    def __bool__(self) -> bool:
        return any((self.rotation, self.scale, self.shear, self.translation, self.elastic))

    def __call__(self, pixels: Tensor, padding: str = "zeros") -> Tensor:
        """Return distorted images. Each distortion is drawn from torch's global generator.

        pixels   float32 (n, pixels) of the specification's size, or (n, channels, side, side)
        padding  padding mode of grid_sample for pixels beyond the edge
        """
        if not self:
            return pixels
        n = len(pixels)
        images = pixels.view(n, 1, SIDE, SIDE) if pixels.ndim == 2 else pixels
        places = self._places(n, images.shape[-1])
        return nnf.grid_sample(images, places, padding_mode=padding, align_corners=False).view(pixels.shape)

    def _places(self, n: int, side: int = SIDE) -> Tensor:
        """Return the input position of each output pixel: (n, side, side, 2) in -1..1, x before y.

        One matrix product computes the affine map and the elastic field together: four times as fast as two products.
        """
        knots = torch.randn(n, 2, _KNOTS * _KNOTS) * (2.0 / SIDE * self.elastic)
        coefficients = torch.cat([self._affine(n), knots], dim=2)  # (n, 2, 39)
        return (coefficients @ _basis(side)).view(n, 2, side, side).permute(0, 2, 3, 1)

    def _affine(self, n: int) -> Tensor:
        """Return matrices (n, 2, 3) that map a place in the output to its place in the input."""
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
def _basis(side: int = SIDE) -> Tensor:
    """Return the factors of the coefficients for each pixel: x, y, 1 and the weight of each knot; (39, side * side)."""
    line = torch.linspace(1 / side - 1, 1 - 1 / side, side)  # centres of the pixels in -1..1
    weights = _smoothing(side).T.contiguous()  # (6, side)
    affine = torch.stack([line.repeat(side), line.repeat_interleave(side), torch.ones(side * side)])
    return torch.cat([affine, torch.kron(weights, weights)])


def _smoothing(side: int) -> Tensor:
    """Return the Gaussian weights (side, 6) of the knots for each pixel of a side; the squares of a row sum to 1."""
    knots = torch.linspace(0, side - 1, _KNOTS)
    distance = (torch.arange(side)[:, None] - knots) / (knots[1] - knots[0])
    weights = torch.exp(-2.0 * distance.square())
    smoothing: Tensor = weights / weights.norm(dim=1, keepdim=True)
    return smoothing
