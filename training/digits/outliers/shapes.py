"""Drawn and filled shapes. There is no circle, ellipse or bar, because these look like a 0 or a 1."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from model.pixels import Images
from training.digits import curve
from training.digits.curve import Points, circle, line, way
from training.digits.outliers import canvas
from training.digits.outliers.canvas import CANVAS

Strokes = Sequence[Points]  # each (n, 2) in -1..1


def drawn(count: int, rng: np.random.Generator) -> Images:
    """Return drawn shapes, uint8 (count, 28, 28)."""
    return canvas.as_served([_one(rng) for _ in range(count)])


def _one(rng: np.random.Generator) -> Image.Image:
    image = canvas.blank()
    draw = ImageDraw.Draw(image)
    build = _SHAPES[int(rng.integers(len(_SHAPES)))]
    can_be_filled, strokes = build in _AREAS, build(rng)
    stretch = rng.uniform(0.7, 1.0, 2)
    turn, width = rng.uniform(-180, 180) if can_be_filled else rng.uniform(-25, 25), int(rng.integers(4, 15))
    points = np.concatenate(strokes) * stretch @ curve.rotation(turn)
    placed = np.clip(canvas.placed(points / max(1.0, np.abs(points).max()), rng), 4, CANVAS - 4)
    paths = np.split(placed, np.cumsum(list(map(len, strokes)))[:-1])
    if can_be_filled and rng.random() < 0.5:
        draw.polygon([(float(x), float(y)) for x, y in paths[0]], fill=255)
    for path in paths:
        canvas.stroke(draw, path, width)
    return image


def _ring(radii: Points | Sequence[float], start: float = 0.0) -> Points:
    """Return a closed path of corners around the origin at the distances ``radii``."""
    angles = start + np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    corners = circle(angles) * np.asarray(radii)[:, None]
    return np.concatenate([corners, corners[:1]])


def _star(rng: np.random.Generator) -> Strokes:
    points = rng.integers(4, 8)
    return [_ring([1.0, rng.uniform(0.3, 0.55)] * points, -np.pi / 2)]


def _thick_cross(rng: np.random.Generator) -> Strokes:
    a = rng.uniform(0.2, 0.4)
    quarter = np.array([(a, -1), (a, -a), (1, -a)])
    corners = np.concatenate([quarter @ curve.rotation(90.0 * k) for k in range(4)])
    return [np.concatenate([corners, corners[:1]])]


def _arrow(rng: np.random.Generator) -> Strokes:
    neck, half, head = rng.uniform(-0.2, 0.4), rng.uniform(0.12, 0.3), rng.uniform(0.5, 0.9)
    upper = [(-1, -half), (neck, -half), (neck, -head), (1, 0)]
    return [line(*upper, *((x, -y) for x, y in reversed(upper[:-1])), upper[0])]


def _heart(rng: np.random.Generator) -> Strokes:
    t = np.linspace(0, 2 * np.pi, 40)
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return [np.stack([16 * np.sin(t) ** 3, y], axis=1) / 17]


def _crescent(rng: np.random.Generator) -> Strokes:
    """Return a half circle that is closed by a flatter one."""
    t = np.linspace(-np.pi / 2, np.pi / 2, 20)
    outer = circle(t)
    inner = outer[::-1] * (rng.uniform(0.2, 0.6), 1.0)
    return [np.concatenate([outer, inner]) - (0.4, 0.0)]


def _house(rng: np.random.Generator) -> Strokes:
    eaves = rng.uniform(-0.3, 0.1)
    return [line((-0.8, 1), (-0.8, eaves), (0, -1), (0.8, eaves), (0.8, 1), (-0.8, 1))]


def _wedge(rng: np.random.Generator) -> Strokes:
    """Return a disc without a slice."""
    t = np.linspace(rng.uniform(0.4, 1.0), 2 * np.pi - rng.uniform(0.4, 1.0), 30)
    rim = circle(t)
    return [np.concatenate([np.zeros((1, 2)), rim, np.zeros((1, 2))])]


def _spiral(rng: np.random.Generator) -> Strokes:
    t = np.linspace(0, 1, 90)
    angle = 2 * np.pi * rng.uniform(2.2, 3.5) * t * rng.choice([-1, 1]) + rng.uniform(0, 6)
    return [circle(angle) * t[:, None]]


def _zigzag(rng: np.random.Generator) -> Strokes:
    corners = rng.integers(5, 9)
    across = np.linspace(-1, 1, corners)
    along = np.where(np.arange(corners) % 2, 1, -1) * rng.uniform(0.3, 0.9)
    path = np.stack([across, along], axis=1)
    return [path if rng.random() < 0.5 else path[:, ::-1].copy()]


def _asterisk(rng: np.random.Generator) -> Strokes:
    """Return two to four lines that cross in the middle."""
    lines = rng.integers(2, 5)
    angles = np.pi * np.arange(lines) / lines + (np.pi / 4 if rng.random() < 0.5 else 0.0)
    return [np.array([(np.cos(a), np.sin(a)), (-np.cos(a), -np.sin(a))]) for a in angles]


def _lattice(rng: np.random.Generator) -> Strokes:
    """Return horizontal and vertical lines, like a hash or a fence."""
    across, down = np.linspace(-0.7, 0.7, rng.integers(2, 4)), np.linspace(-0.7, 0.7, rng.integers(2, 4))
    return [line((-1, y), (1, y)) for y in across] + [line((x, -1), (x, 1)) for x in down]


def _crossed_box(rng: np.random.Generator) -> Strokes:
    box, falling, rising = "-100,-100 100,-100 100,100 -100,100 -100,-100", "-100,-100 100,100", "-100,100 100,-100"
    return [line(*way(points)) for points in (box, falling, rising)]


_Builder = Callable[[np.random.Generator], Strokes]
# Areas may be filled, and rotated by any angle.
_AREAS: Sequence[_Builder] = (
    lambda rng: [_ring(rng.uniform(0.75, 1.0, rng.integers(3, 6)))],
    _star,
    _thick_cross,
    _arrow,
    _heart,
    _crescent,
    _house,
    lambda rng: [line(*way("20,-100 -60,20 -10,20 -30,100 60,-30 10,-30 20,-100"))],
    _wedge,
)
_SHAPES = (*_AREAS, _spiral, _zigzag, _asterisk, _lattice, _crossed_box)
