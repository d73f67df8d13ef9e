"""Pictures of anything but digits, for the network to learn that it does not know.

Outlier exposure (Hendrycks, Mazeika and Dietterich, 2019): trained to answer these with equal probabilities, a network
stays unsure of what else is not a digit.
"""

from collections.abc import Callable, Mapping

import numpy as np

from model.pixels import Images
from training.data.dataset import Examples
from training.digits.outliers import canvas, letters, patterns, scribbles, shapes, textures
from training.digits.outliers.broken_digits import of_digits

__all__ = ["FAMILIES", "bank", "for_training", "of_digits"]

_MOST = 12_000  # for a training, and no more than digits; each is distorted anew every time it is shown

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
    """uint8 (count, 28, 28), white ink on black, as the service hands them to the network; the families in equal parts.

    The same seed and count give the same images, in an order that mixes the families.
    """
    rng = np.random.default_rng(seed)
    images = canvas.mixed(count, list(FAMILIES.values()), lambda family, n: family(n, rng))
    return images[rng.permutation(count)]


def for_training(train: Examples) -> Images:
    """Two parts of a bank that any training shows, one part made of these digits if there are two classes of them."""
    part = max(min(_MOST, len(train)) // 3, 1)
    drawn = bank(2 * part)
    if len(np.unique(train.labels)) < 2:
        return drawn
    return np.concatenate([drawn, of_digits(train, part)])
