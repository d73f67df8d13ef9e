"""Outliers: pictures that show no digits, for which the network learns to be unsure.

Outlier exposure (Hendrycks, Mazeika and Dietterich, 2019): the network learns equal probabilities for outliers. It
then stays unsure about other pictures without digits, too.
"""

from collections.abc import Callable, Mapping

import numpy as np

from model.pixels import Images
from training.data.dataset import Examples
from training.digits.outliers import canvas, letters, patterns, scribbles, shapes, textures
from training.digits.outliers.broken_digits import of_digits

__all__ = ["FAMILIES", "bank", "for_training", "of_digits"]

_MOST = 12_000  # most outliers of a training, and at most as many as digits; each use distorts them again

Family = Callable[[int, np.random.Generator], Images]

FAMILIES: Mapping[str, Family] = {
    "letters": letters.latin,
    "symbols": letters.symbols,
    "shapes": shapes.drawn,
    "scribbles": scribbles.drawn,
    "noise": textures.noise,
    "clouds": textures.clouds,
    "patterns": patterns.drawn,
}


def bank(count: int, seed: int = 0) -> Images:
    """Return outliers, uint8 (count, 28, 28), white ink on black as the network receives them, of all families equally.

    The same seed and count give the same images. Their order mixes the families.
    """
    rng = np.random.default_rng(seed)
    images = canvas.mixed(count, list(FAMILIES.values()), lambda family, n: family(n, rng))
    return images[rng.permutation(count)]


def for_training(train: Examples) -> Images:
    """Return two parts of ``bank`` and one part made of the training digits, if these have at least two classes."""
    part = max(min(_MOST, len(train)) // 3, 1)
    drawn = bank(2 * part)
    if len(np.unique(train.labels)) < 2:
        return drawn
    return np.concatenate([drawn, of_digits(train, part)])
