"""Random strokes: one long stroke that crosses itself, or several short strokes."""

import numpy as np
from PIL import Image, ImageDraw

from model.pixels import Images
from training.digits import curve
from training.digits.outliers import canvas
from training.digits.outliers.canvas import CANVAS

_STEPS = 10  # points of a curve between two of its knots
_EDGE = 6  # least distance of a stroke to the edge, of 112


def drawn(count: int, rng: np.random.Generator) -> Images:
    """Return scribbles, uint8 (count, 28, 28)."""
    return canvas.as_served([_long(rng) if index % 4 < 2 else _several(rng) for index in range(count)])


def _long(rng: np.random.Generator) -> Image.Image:
    """Return one stroke with at least eight knots, because fewer could make a digit by chance."""
    image = canvas.blank()
    knots = rng.uniform(0.1, 0.9, (rng.integers(8, 16), 2)) * CANVAS
    path = curve.smooth(knots, _STEPS) if rng.random() < 0.7 else knots
    canvas.stroke(ImageDraw.Draw(image), np.clip(path, _EDGE, CANVAS - _EDGE), int(rng.integers(4, 11)))
    return image


def _several(rng: np.random.Generator) -> Image.Image:
    image = canvas.blank()
    draw, width = ImageDraw.Draw(image), int(rng.integers(4, 13))
    for _ in range(rng.integers(4, 10)):
        start = rng.uniform(0.1, 0.9, 2) * CANVAS
        walk = start + np.cumsum(rng.normal(0, 0.15 * CANVAS, (rng.integers(2, 4), 2)), axis=0)
        canvas.stroke(draw, np.clip(walk, _EDGE, CANVAS - _EDGE), width)
    return image
