"""Noise of many distributions and grains, and noise that is blurred to clouds."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from model.pixels import SIDE, Images
from training.digits.outliers import canvas

Fields = npt.NDArray[np.float32]  # (n, side, side)
_SIDES = (20, 28, 28, 28, 40, 56, 90)  # sides of the pictures; the service does not normalise dark pictures of 28x28


def noise(count: int, rng: np.random.Generator) -> Images:
    """Return uniform, Gaussian, salt and pepper, sparse or coarse noise, some with a margin, uint8 (count, 28, 28)."""
    return _mixed(count, rng, _NOISES)


def clouds(count: int, rng: np.random.Generator) -> Images:
    """Return noise blurred at many scales, with soft or hard edges, some with a margin, uint8 (count, 28, 28)."""
    return _mixed(count, rng, _CLOUDS)


_Maker = Callable[[int, int, np.random.Generator], Fields]


def _mixed(count: int, rng: np.random.Generator, makers: Sequence[_Maker]) -> Images:
    """Return images of each maker at each size in equal parts."""
    kinds = [(maker, side) for side in _SIDES for maker in makers]
    return canvas.mixed(count, kinds, lambda kind, n: _sent(*kind, n, rng))


def _sent(maker: _Maker, side: int, n: int, rng: np.random.Generator) -> Images:
    fields = maker(n, side, rng)
    return canvas.sent(np.clip(_framed(_contrasted(fields, rng), rng) if side == SIDE else fields, 0, 255))


def _contrasted(fields: Fields, rng: np.random.Generator) -> Fields:
    """Darken half of the fields. Their rim is dark then, so that the service does not normalise them."""
    n = len(fields)
    factor = np.where(rng.random(n) < 0.5, 1.0, rng.uniform(0.3, 1.0, n))
    return (fields * factor[:, None, None]).astype(np.float32)


def _framed(fields: Fields, rng: np.random.Generator) -> Fields:
    """Add a black margin of 1 to 8 pixels to half of the fields."""
    margin = np.where(rng.random(len(fields)) < 0.5, 0, rng.integers(1, 9, len(fields)))
    return np.where(canvas.depth() >= margin[:, None, None], fields, np.float32(0.0))


def _drawn(n: int, low: float, high: float, rng: np.random.Generator) -> Fields:
    return rng.uniform(low, high, (n, 1, 1)).astype(np.float32)


def _gaussian(n: int, side: int, rng: np.random.Generator) -> Fields:
    field = rng.standard_normal((n, side, side), dtype=np.float32)
    return field * _drawn(n, 20, 90, rng) + _drawn(n, 0, 160, rng)


def _sparse(n: int, side: int, rng: np.random.Generator) -> Fields:
    lit = rng.random((n, side, side)) < _drawn(n, 0.01, 0.1, rng)
    return np.where(lit, rng.uniform(80, 255, lit.shape), 0.0).astype(np.float32)


def _coarse(n: int, side: int, rng: np.random.Generator) -> Fields:
    """Return noise in squares of 2 to 5 pixels."""
    grain = int(rng.integers(2, 6))
    cells = -(-side // grain)
    field = rng.random((n, cells, cells), dtype=np.float32) ** _drawn(n, 0.5, 4, rng) * 255
    return field.repeat(grain, axis=1).repeat(grain, axis=2)[:, :side, :side]


_NOISES: Sequence[_Maker] = (
    lambda n, side, rng: rng.random((n, side, side), dtype=np.float32) * 255,
    _gaussian,
    lambda n, side, rng: (rng.random((n, side, side)) < _drawn(n, 0.1, 0.6, rng)).astype(np.float32) * 255,
    _sparse,
    _coarse,
)


def _blurred(n: int, side: int, rng: np.random.Generator) -> Fields:
    """Return Gaussian noise of unit variance. The blur is 0.02 to 0.2 of the side and wraps around the edges."""
    frequency = np.fft.fftfreq(side)[:, None] ** 2 + np.fft.rfftfreq(side) ** 2
    sigma = side * np.exp(rng.uniform(np.log(0.02), np.log(0.2), (n, 1, 1)))
    spectrum = np.fft.rfft2(rng.standard_normal((n, side, side))) * np.exp(-2 * np.pi**2 * sigma**2 * frequency)
    spectrum[:, 0, 0] = 0
    field = np.fft.irfft2(spectrum, (side, side))
    blurred: Fields = (field / field.std(axis=(1, 2), keepdims=True)).astype(np.float32)
    return blurred


_CLOUDS: Sequence[_Maker] = (  # soft clouds, and clouds cut off at a level, with edges of one to a few pixels
    lambda n, side, rng: _blurred(n, side, rng) * _drawn(n, 30, 100, rng) + _drawn(n, 20, 160, rng),
    lambda n, side, rng: (_blurred(n, side, rng) - _drawn(n, -0.3, 1.2, rng)) * _drawn(n, 100, 1500, rng),
)
