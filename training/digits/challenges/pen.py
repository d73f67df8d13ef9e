"""Pen with a round tip: from strokes to the coverage by ink."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from training.digits.challenges.paper import Cover
from training.digits.curve import Points

_FINE = 900  # pixels: size of the drawing before it is averaged down for smooth edges
_MOST = 8  # largest scale of the drawing

Strokes = Sequence[Points]  # each (n, 2), with points close together


def drawn(strokes: Strokes, side: float, width: float) -> Cover:
    """Draw strokes of this width, at least 1 pixel. ``side`` is the longer side of all their ink, in pixels."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (side - width) / max(float((high - low).max()), 1e-6)
    finer = int(np.clip(np.ceil(_FINE / side), 1, _MOST))
    wide, high_ = np.ceil((high - low) * scale + width + 1).astype(int).tolist()
    image = Image.new("L", (wide * finer, high_ * finer))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        _trace(draw, ((stroke - low) * scale + width / 2 + 0.5) * finer, width * finer)
    return np.asarray(image.reduce(finer) if finer > 1 else image, dtype=np.float32) / np.float32(255)


def _trace(draw: ImageDraw.ImageDraw, path: Points, width: float) -> None:
    """Draw the lines between the points, with a dot at each point for round ends and joints."""
    pairs, radius = [(float(x), float(y)) for x, y in path], width / 2
    draw.line(pairs, fill=255, width=max(1, round(width)))
    for x, y in pairs:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
