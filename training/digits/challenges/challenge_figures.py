"""Drawn shapes that no training uses. Some look like digits: circles like a 0, bars like a 1."""

from collections.abc import Callable, Sequence

import numpy as np

from training.digits import curve
from training.digits.challenges import paper, pen
from training.digits.challenges.pen import Strokes
from training.digits.curve import Points, circle, line, way

_LEAST, _MOST = 28, 800  # pixels of the longer side of a page
_TURN = 15.0  # degrees

_Shape = Callable[[np.random.Generator], Strokes]


def file(make: _Shape, rng: np.random.Generator) -> bytes:
    """Return a photograph of one shape, drawn by a pen of random width."""
    page = paper.size(rng, _LEAST, _MOST)
    side = max(22.0, rng.uniform(0.45, 0.92) * min(page))
    width = max(1.2, side * np.exp(rng.uniform(np.log(0.025), np.log(0.09))))
    form = curve.rotation(rng.uniform(-_TURN, _TURN))
    strokes = [_dense(stroke) * (1.0, rng.uniform(0.85, 1.15)) @ form for stroke in make(rng)]
    return paper.photographed(paper.placed(pen.drawn(strokes, side - 2, width), page, rng), rng)


def _dense(corners: Points) -> Points:
    """Add points along straight lines, so that they stay one stroke after rotation and stretching."""
    t = np.linspace(0, 1, 4, endpoint=False)[:, None]
    between = corners[:-1, None] + (corners[1:] - corners[:-1])[:, None] * t
    return np.concatenate([between.reshape(-1, 2), corners[-1:]])


def _closed(*corners: tuple[float, float]) -> Points:
    return line(*corners, corners[0])


def _round(  # noqa: PLR0913 what a circle's arc has
    x: float, y: float, radius: float, corners: int = 40, *, start: float = 0.0, turns: float = 1.0
) -> Points:
    """Return points around a centre. A few ``corners`` give a polygon."""
    angle = start + np.linspace(0, 2 * np.pi * turns, corners + 1)
    return circle(angle) * radius + (x, y)


def _trapezoid(rng: np.random.Generator) -> Strokes:
    top = rng.uniform(0.3, 0.7)
    return [_closed((-top, -0.7), (top, -0.7), (1, 0.7), (-1, 0.7))]


def _parallelogram(rng: np.random.Generator) -> Strokes:
    slant = rng.uniform(0.4, 0.9)
    return [_closed((slant - 1, -0.6), (1 + slant, -0.6), (1 - slant, 0.6), (-1 - slant, 0.6))]


def _gear(rng: np.random.Generator) -> Strokes:
    teeth = int(rng.integers(6, 11))
    angle = np.linspace(0, 2 * np.pi, 4 * teeth + 1)
    radius = np.where(np.arange(4 * teeth + 1) // 2 % 2, 1.0, 0.75)
    return [circle(angle) * radius[:, None], _round(0, 0, 0.3)]


def _flower(rng: np.random.Generator) -> Strokes:
    petals = int(rng.choice([3, 5]))  # a rose curve with odd k has k petals
    angle = np.linspace(0, np.pi, 120)
    radius = np.cos(petals * angle)
    return [circle(angle) * radius[:, None]]


def _face(rng: np.random.Generator) -> Strokes:
    mouth = _round(0, 0.1, 0.5, 12, start=0.4, turns=0.37)
    return [_round(0, 0, 1), _round(-0.35, -0.3, 0.06, 8), _round(0.35, -0.3, 0.06, 8), mouth]


def _tree(rng: np.random.Generator) -> Strokes:
    crown = way("0,-100 60,-30 30,-30 80,50 -80,50 -30,-30 -60,-30")
    return [_closed(*crown), line(*way("-12,50 -12,100 12,100 12,50"))]


def _envelope(rng: np.random.Generator) -> Strokes:
    return [
        _closed((-1, -0.65), (1, -0.65), (1, 0.65), (-1, 0.65)),
        line((-1, -0.65), (0, rng.uniform(0, 0.3)), (1, -0.65)),
    ]


def _cube(rng: np.random.Generator) -> Strokes:
    d = rng.uniform(0.3, 0.5)
    front = _closed((-1, -1 + d), (1 - d, -1 + d), (1 - d, 1), (-1, 1))
    edges = [line((x, -1 + d), (x + d, -1)) for x in (-1, 1 - d)]
    return [front, *edges, line((-1 + d, -1), (1, -1), (1, 1 - d), (1 - d, 1))]


def _double_arrow(rng: np.random.Generator) -> Strokes:
    tip = rng.uniform(0.3, 0.5)
    heads = [line((s * (1 - tip), -tip), (s, 0), (s * (1 - tip), tip)) for s in (-1, 1)]
    return [line((-1, 0), (1, 0)), *heads]


def _ladder(rng: np.random.Generator) -> Strokes:
    rungs = np.linspace(-0.75, 0.75, int(rng.integers(4, 6)))
    return [line((x, -1), (x, 1)) for x in (-0.5, 0.5)] + [line((-0.5, y), (0.5, y)) for y in rungs]


def _stairs(rng: np.random.Generator) -> Strokes:
    steps = int(rng.integers(3, 6))
    at = np.arange(2 * steps + 1)
    return [(np.stack([(at + 1) // 2, -(at // 2)], axis=1) * (2.0 / steps)).astype(np.float64)]


def _wave(rng: np.random.Generator) -> Strokes:
    x = np.linspace(-1, 1, 80)
    return [np.stack([x, rng.uniform(0.2, 0.5) * np.sin(2 * np.pi * rng.uniform(2, 3.5) * x)], axis=1)]


SHAPES: Sequence[_Shape] = (
    _trapezoid,
    _parallelogram,
    lambda rng: [_round(0, 0, 1, corners=5, start=-np.pi / 2, turns=2)],
    lambda rng: [_round(0, 0, 1, 3, start=start) for start in (-np.pi / 2, np.pi / 2)],
    _gear,
    _flower,
    _face,
    _tree,
    _envelope,
    _cube,
    _double_arrow,
    _ladder,
    _stairs,
    _wave,
    lambda rng: [_round(0, 0, r) for r in (0.4, 0.8)] + [line(*way("-100,0 100,0")), line(*way("0,-100 0,100"))],
)
LIKE_DIGITS: Sequence[_Shape] = (  # circle, ellipse, octagon and bar
    lambda rng: [_round(0, 0, 1)],
    lambda rng: [_round(0, 0, 1) * (rng.uniform(0.45, 0.85), 1.0)],
    lambda rng: [_round(0, 0, 1, corners=8, start=np.pi / 8)],
    lambda rng: [line((0, -1), (0, 1))],
)
