"""Canvas of outliers, and the service's preprocessing from there to 28x28."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from inference.treatment import Treatment
from model import pixels
from model.pixels import SIDE, Images
from training.digits.curve import Points

SCALE = 4  # drawn this much larger, then averaged down: smooth edges
CANVAS = SIDE * SCALE

Kind = TypeVar("Kind")
Fields = npt.NDArray[np.floating]  # (n, side, side)


def depth() -> npt.NDArray[np.int64]:
    """Steps of each pixel to the edge, (28, 28)."""
    steps = np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1])
    return np.minimum(steps[:, None], steps)


def blank() -> Image.Image:
    return Image.new("L", (CANVAS, CANVAS))


def stroke(draw: ImageDraw.ImageDraw, points: Points, width: int) -> None:
    """A line through the points with round ends and joints."""
    path = [(float(x), float(y)) for x, y in points]
    draw.line(path, fill=255, width=width, joint="curve")
    radius = width / 2
    for x, y in (path[0], path[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def placed(points: Points, rng: np.random.Generator) -> Points:
    """From -1..1 to somewhere on the canvas, of any size that still shows."""
    reach = rng.uniform(0.45, 0.92) * CANVAS / 2
    room = CANVAS / 2 - reach
    return points * reach + CANVAS / 2 + rng.uniform(-room, room, 2)


def as_served(drawings: Sequence[Image.Image]) -> Images:
    """Drawings (112, 112) as the network gets them: one in two sent at 28x28, the others large and so normalised."""
    images = np.empty((len(drawings), SIDE, SIDE), dtype=np.uint8)
    for index, drawing in enumerate(drawings):
        sent = drawing.reduce(SCALE if index % 2 else 2)
        images[index] = np.asarray(sent) if index % 2 else pixels.normalise(np.asarray(sent, dtype=np.float32))[0]
    return standardised(images)


def standardised(images: Images) -> Images:
    """28x28 images as the network gets them."""
    return pixels.standardise(images, [Treatment("raw")] * len(images))[0]


def sent(fields: Fields) -> Images:
    """Pictures (n, side, side), 0..255, as the network gets them."""
    if fields.shape[1] == SIDE:
        return standardised(np.rint(fields).astype(np.uint8))
    return np.stack([pixels.normalise(field)[0] for field in fields.astype(np.float32)])


def mixed(count: int, kinds: Sequence[Kind], make: Callable[[Kind, int], Images]) -> Images:
    """Images of each kind in equal parts, one kind after the other; ``make`` gives some of one."""
    counts = np.bincount(np.arange(count) % len(kinds), minlength=len(kinds)).tolist()
    parts = [make(kind, n) for kind, n in zip(kinds, counts, strict=True) if n]
    return np.concatenate([np.empty((0, SIDE, SIDE), dtype=np.uint8), *parts])
