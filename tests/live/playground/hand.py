"""Strokes of handwritten digits."""

from collections.abc import Sequence

import numpy as np

from training.digits.challenges.drawn import written

_HEIGHT = 0.62  # of the size of the paper


def strokes(digit: int, seed: int) -> Sequence[Sequence[Sequence[float]]]:
    """Return a digit in one of its styles, shaken, slanted and turned: a point about every 5 % of the paper."""
    drawing = written(digit, np.random.default_rng([seed, digit]))
    points = np.concatenate(drawing)
    middle, extent = (points.min(axis=0) + points.max(axis=0)) / 2, np.ptp(points, axis=0).max()
    return [((stroke - middle) / extent * _HEIGHT + 0.5)[::3].tolist() for stroke in drawing]
