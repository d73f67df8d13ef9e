"""A pen with a round tip: from strokes to coverage by ink."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from training.digits.challenges.paper import Cover
from training.digits.curve import Points

_FINE = 900  # pixels: drawn about this large and averaged down, for smooth edges
_MOST = 8  # times larger at most

Strokes = Sequence[Points]  # each (n, 2), its points close together


def drawn(strokes: Strokes, side: float, width: float) -> Cover:
    """Strokes scaled so that all their ink has this longer side, in pixels, drawn that wide, 1 pixel at least."""
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
    """Line by line, with a dot at each point as round end and joint."""
    pairs, radius = [(float(x), float(y)) for x, y in path], width / 2
    draw.line(pairs, fill=255, width=max(1, round(width)))
    for x, y in pairs:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
