"""Canvas of outliers, and the preprocessing of the service that reduces it to 28x28."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from inference.treatment import Treatment
from model import pixels
from model.pixels import SIDE, Images
from training.digits.curve import Points

SCALE = 4  # scale of the drawing before it is averaged down for smooth edges
CANVAS = SIDE * SCALE

Kind = TypeVar("Kind")
Fields = npt.NDArray[np.floating]  # (n, side, side)


def depth() -> npt.NDArray[np.int64]:
    """Return the distance of each pixel from the edge in pixels, (28, 28)."""
    steps = np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1])
    return np.minimum(steps[:, None], steps)


def blank() -> Image.Image:
    return Image.new("L", (CANVAS, CANVAS))


def stroke(draw: ImageDraw.ImageDraw, points: Points, width: int) -> None:
    """Draw a line through the points with round ends and joints."""
    path = [(float(x), float(y)) for x, y in points]
    draw.line(path, fill=255, width=width, joint="curve")
    radius = width / 2
    for x, y in (path[0], path[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def placed(points: Points, rng: np.random.Generator) -> Points:
    """Map points from -1..1 to a random place on the canvas, at a random size that is still visible."""
    reach = rng.uniform(0.45, 0.92) * CANVAS / 2
    room = CANVAS / 2 - reach
    return points * reach + CANVAS / 2 + rng.uniform(-room, room, 2)


def as_served(drawings: Sequence[Image.Image]) -> Images:
    """Return drawings (112, 112) as the network receives them: every second is sent at 28x28, the others larger."""
    images = np.empty((len(drawings), SIDE, SIDE), dtype=np.uint8)
    for index, drawing in enumerate(drawings):
        sent = drawing.reduce(SCALE if index % 2 else 2)
        images[index] = np.asarray(sent) if index % 2 else pixels.normalise(np.asarray(sent, dtype=np.float32))[0]
    return standardised(images)


def standardised(images: Images) -> Images:
    """Return 28x28 images as the network receives them."""
    return pixels.standardise(images, [Treatment("raw")] * len(images))[0]


def sent(fields: Fields) -> Images:
    """Return pictures (n, side, side), 0..255, as the network receives them."""
    if fields.shape[1] == SIDE:
        return standardised(np.rint(fields).astype(np.uint8))
    return np.stack([pixels.normalise(field)[0] for field in fields.astype(np.float32)])


def mixed(count: int, kinds: Sequence[Kind], make: Callable[[Kind, int], Images]) -> Images:
    """Return images of all kinds in equal parts, one kind after the other. ``make`` returns images of one kind."""
    counts = np.bincount(np.arange(count) % len(kinds), minlength=len(kinds)).tolist()
    parts = [make(kind, n) for kind, n in zip(kinds, counts, strict=True) if n]
    return np.concatenate([np.empty((0, SIDE, SIDE), dtype=np.uint8), *parts])
