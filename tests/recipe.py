"""Inputs without data or training: drawn digits, and a small bundle with weights from a seed."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from inference import bundle
from inference.bundle import Bundle, Metadata
from model import SPEC
from model.pixels import Images

if TYPE_CHECKING:
    from model.network import MLP

SIZES = (784, 16, 10)
ARCHITECTURE = {"sizes": list(SIZES)}
_SEGMENTS = {  # (rows, columns) of a seven-segment display inside 28x28
    "a": (slice(4, 7), slice(9, 19)),
    "b": (slice(4, 14), slice(16, 19)),
    "c": (slice(14, 24), slice(16, 19)),
    "d": (slice(21, 24), slice(9, 19)),
    "e": (slice(14, 24), slice(9, 12)),
    "f": (slice(4, 14), slice(9, 12)),
    "g": (slice(12, 15), slice(9, 19)),
}
_DIGITS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")


def drawn(*digits: int) -> Images:
    """Draw seven-segment digits, uint8 (n, 28, 28): light shaded ink on black, centred by mass."""
    images = np.zeros((len(digits), 28, 28), dtype=np.uint8)
    for image, digit in zip(images, digits, strict=True):
        for segment in _DIGITS[digit]:
            image[_SEGMENTS[segment]] = 255
        image[image > 0] -= np.arange(int((image > 0).sum()), dtype=np.uint8) % 100
        image[:] = _centred(image)
    return images


def _centred(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Move the image by whole pixels, so that its centre of mass is in the middle, as in MNIST."""
    ink = image.sum(dtype=np.int64)
    shift = [round(14.0 - float(np.arange(28) @ image.sum(axis=1 - axis, dtype=np.int64)) / ink) for axis in (0, 1)]
    return np.roll(image, shift, axis=(0, 1))


def network() -> "MLP":
    """Return a network with weights from numpy's RandomState, which gives the same numbers in all versions."""
    import torch

    from model.network import MLP

    random = np.random.RandomState(1998)
    mlp = MLP(SIZES)
    for parameter in mlp.parameters():
        values = random.uniform(-0.6, 0.6, size=tuple(parameter.shape))
        parameter.data = torch.from_numpy(values.astype(np.float32))
    return mlp.eval()


def save(path: Path, **metrics: float) -> Bundle:
    """Write the small bundle at ``path``, with these metrics."""
    metadata = Metadata("recipe", ARCHITECTURE, seed=1998, temperature=1.5, threshold=0.5, metrics=metrics)
    return bundle.save(network().arrays(), metadata, SPEC, path)
