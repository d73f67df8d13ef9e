"""Draw pictures of circles, squares and triangles, one folder for each: python examples/shapes/make.py [FOLDER]

The same seed draws the same pictures.
"""

import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("circle", "square", "triangle")
COUNT = 200  # pictures of each
_CORNERS = {"square": 4, "triangle": 3}
_SIDE, _FINE = 64, 4  # side in pixels, and scale of the drawing before it is averaged down


def draw(shape: str, random: np.random.Generator) -> Image.Image:
    """Return one dark shape on light paper, 64x64 grey pixels, with a random place, size and rotation."""
    side = _SIDE * _FINE
    picture = Image.new("L", (side, side), int(random.integers(200, 256)))
    pen, radius = ImageDraw.Draw(picture), float(random.uniform(0.16, 0.31) * side)
    x, y = random.uniform(radius + 8, side - radius - 8, 2)
    ink, width = int(random.integers(0, 100)), int(random.integers(8, 20))
    if shape == "circle":
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=ink, width=width)
        return picture.reduce(_FINE)
    corners, turn = _CORNERS[shape], random.uniform(-0.3, 0.3) + (math.pi / 4 if shape == "square" else math.pi / 2)
    angles = [turn + 2 * math.pi * corner / corners for corner in range(corners)]
    points = [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]
    pen.line([*points, *points[:2]], fill=ink, width=width, joint="curve")
    return picture.reduce(_FINE)


def write(folder: Path, count: int, seed: int = 0) -> None:
    """Write ``count`` PNG files of each shape into a sub-folder with its name."""
    random = np.random.default_rng(seed)
    for shape in SHAPES:
        (folder / shape).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            draw(shape, random).save(folder / shape / f"{number:03}.png")


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures"
    write(place, COUNT)
    print(f"{place}: {COUNT} pictures each of {', '.join(SHAPES)}")
