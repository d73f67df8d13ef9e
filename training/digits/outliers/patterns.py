"""Regular patterns: gratings, stripes, checkerboards, rings, dots and gradients."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from model.pixels import SIDE, Images
from training.digits.outliers import canvas

_SIDES = (28, 28, 28, 56)  # sides of the pictures; the service does not normalise dark pictures of 28x28
Fields = npt.NDArray[np.float64]  # (n, side, side)


def drawn(count: int, rng: np.random.Generator) -> Images:
    """Return patterns with many periods and contrasts, uint8 (count, 28, 28)."""
    kinds = [(maker, side) for side in _SIDES for maker in _MAKERS]
    return canvas.mixed(count, kinds, lambda kind, n: _sent(*kind, n, rng))


def _sent(maker: "_Maker", side: int, n: int, rng: np.random.Generator) -> Images:
    dark = np.where(rng.random(n) < 0.6, 0.0, rng.uniform(0, 100, n))[:, None, None]
    light = np.where(rng.random(n) < 0.6, 255.0, rng.uniform(120, 255, n))[:, None, None]
    fields = dark + (light - dark) * maker(n, side, rng)
    return canvas.sent(_cut(fields, rng) if side == SIDE else fields)


def _cut(fields: Fields, rng: np.random.Generator) -> Fields:
    """Cut half of the patterns to a window with black around it."""
    n, side, _ = fields.shape
    whole = rng.random((n, 1)) < 0.5
    low, high = np.where(whole, 0, rng.integers(1, 9, (n, 2))), np.where(whole, side, rng.integers(20, 28, (n, 2)))
    at = np.arange(side)
    down, across = ((at >= low[:, k, None]) & (at < high[:, k, None]) for k in (0, 1))  # (n, side)
    return fields * (down[:, :, None] & across[:, None, :])


def _grid(side: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    at = np.arange(side)
    return at[:, None], at[None, :]


def _uniform(n: int, low: float, high: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    return rng.uniform(low, high, (n, 1, 1))


def _wave(phase: Fields, rng: np.random.Generator) -> Fields:
    """Return light and dark in turn, 0..1, with soft or hard edges."""
    soft = 0.5 + 0.5 * np.sin(2 * np.pi * phase)
    return np.where(rng.random((len(phase), 1, 1)) < 0.5, soft, soft > 0.5)


def _gratings(n: int, side: int, rng: np.random.Generator) -> Fields:
    """Return three or more periods across the picture, because one or two could look like a 1 or 11."""
    y, x = _grid(side)
    angle, waves = _uniform(n, 0, np.pi, rng), _uniform(n, 3, 12, rng)
    return _wave((x * np.cos(angle) + y * np.sin(angle)) * waves / side + _uniform(n, 0, 1, rng), rng)


def _rings(n: int, side: int, rng: np.random.Generator) -> Fields:
    """Return three or more rings, because a single ring looks like a 0."""
    y, x = _grid(side)
    radius = np.hypot(x - _uniform(n, 0.2, 0.8, rng) * side, y - _uniform(n, 0.2, 0.8, rng) * side)
    return _wave(radius * _uniform(n, 4, 9, rng) / side + _uniform(n, 0, 1, rng), rng)


def _checkerboards(n: int, side: int, rng: np.random.Generator) -> Fields:
    """Return 2 to 28 fields along a side of 28."""
    y, x = _grid(side)
    cell = rng.integers(1, side // 2 + 1, (n, 1, 1))
    offset = rng.integers(0, side, (n, 2, 1, 1))
    return (((x + offset[:, 0]) // cell + (y + offset[:, 1]) // cell) % 2).astype(np.float64)


def _dots(n: int, side: int, rng: np.random.Generator) -> Fields:
    y, x = _grid(side)
    waves, level = _uniform(n, 3, 8, rng), _uniform(n, 0.2, 1.2, rng)
    field = np.cos(2 * np.pi * (x * waves / side + _uniform(n, 0, 1, rng)))
    field = field + np.cos(2 * np.pi * (y * waves / side + _uniform(n, 0, 1, rng)))
    return np.clip((field - level) * 3, 0, 1)


def _slopes(n: int, side: int, rng: np.random.Generator) -> Fields:
    """Return gradients in one direction or around a point."""
    y, x = _grid(side)
    angle = _uniform(n, 0, 2 * np.pi, rng)
    linear = (x * np.cos(angle) + y * np.sin(angle)) / side
    round_ = -np.hypot(x / side - _uniform(n, 0, 1, rng), y / side - _uniform(n, 0, 1, rng))
    field = np.where(rng.random((n, 1, 1)) < 0.5, linear, round_)
    field -= field.min(axis=(1, 2), keepdims=True)
    slopes: Fields = (field / field.max(axis=(1, 2), keepdims=True)) ** _uniform(n, 0.5, 3, rng)
    return slopes


_Maker = Callable[[int, int, np.random.Generator], Fields]
_MAKERS: Sequence[_Maker] = (_gratings, _rings, _checkerboards, _dots, _slopes)
