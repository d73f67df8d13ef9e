"""Outliers made of real digits: ink and strokes like theirs, but no digit to read."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from model.pixels import SIDE, Images
from training.data.dataset import Examples
from training.digits.outliers import canvas

_HALF = SIDE // 2
_MEETING = 0.25  # halves whose ink meets this well at the seam, of 1, can make a third digit
_SHARE = 0.3  # of a digit's ink in the half that is taken and in the other: a 1 can lie in one half alone
_TRIES = 100
_MORE = 1.4  # times the ink of either digit: an overlay with less is that digit still


def of_digits(examples: Examples, count: int, seed: int = 0) -> Images:
    """uint8 (count, 28, 28), white ink on black, the ways of breaking in equal parts and mixed.

    examples  cleaned digits, uint8 (n, 28, 28), of two classes or more; the labels tell which pairs are different
    Raises ValueError if there is one class only, or the digits are too much alike to be broken.
    """
    if len(np.unique(examples.labels)) < 2:
        raise ValueError("outliers are made of digits of two classes or more")
    rng = np.random.default_rng(seed)
    return canvas.mixed(count, _WAYS, lambda way, n: way(examples, n, rng))[rng.permutation(count)]


def _some(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    return examples.images[rng.integers(len(examples), size=n)]


def _pairs(examples: Examples, n: int, rng: np.random.Generator) -> tuple[Images, Images]:
    """Two of different classes, (n, 28, 28) each."""
    first, second = rng.integers(len(examples), size=(2, n))
    while (same := examples.labels[first] == examples.labels[second]).any():
        second[same] = rng.integers(len(examples), size=same.sum())
    return examples.images[first], examples.images[second]


def _inverted(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """A dark digit on a light square. The rim is dark, or the service would invert the image before the network."""
    rim = rng.integers(1, 4, n)
    inside = (canvas.depth() >= rim[:, None, None]).astype(np.uint8)
    inverted: Images = (255 - _some(examples, n, rng)) * inside
    return inverted


def _overlaid(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Two digits in one place, of which neither hides the other."""

    def some() -> Images:
        first, second = _pairs(examples, 2 * n, rng)
        both = np.maximum(first, second)
        most = np.maximum(_ink(first), _ink(second))
        return both[_ink(both) > _MORE * most]

    return _enough(some, n)


def _side_by_side(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Two digits in the middle 20 columns or rather more, each squeezed to half its width."""
    halves = [(pair[:, :, 0::2].astype(np.uint16) + pair[:, :, 1::2] + 1) // 2 for pair in _pairs(examples, n, rng)]
    return np.concatenate(halves, axis=2).astype(np.uint8)


# Where each quarter comes from. Top and bottom alone are never swapped, which would leave a 1 a 1.
_SHUFFLES: npt.NDArray[np.int64] = np.array([[1, 0, 3, 2], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]])


def _shuffled(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """The quarters of one digit in another order."""
    quarters = _some(examples, n, rng).reshape(n, 2, _HALF, 2, _HALF).swapaxes(2, 3).reshape(n, 4, _HALF, _HALF)
    order = _SHUFFLES[rng.integers(len(_SHUFFLES), size=n)]
    moved = np.take_along_axis(quarters, order[:, :, None, None], axis=1)
    shuffled: Images = moved.reshape(n, 2, 2, _HALF, _HALF).swapaxes(2, 3).reshape(n, SIDE, SIDE)
    return shuffled


def _joined(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """The left half of one digit and the right half of another, which do not meet."""

    def some() -> Images:
        first, second = _pairs(examples, 4 * n, rng)
        left, right = first[:, :, :_HALF], second[:, :, _HALF:]
        here, there = left[:, :, -1].astype(np.float32), right[:, :, 0].astype(np.float32)
        meeting = np.minimum(here, there).sum(axis=1) / np.maximum(np.maximum(here, there).sum(axis=1), 1.0)
        apart = (meeting < _MEETING) & _is_half(left, first) & _is_half(right, second)
        joined: Images = np.concatenate([left, right], axis=2)[apart]
        return joined

    return _enough(some, n)


def _is_half(part: Images, whole: Images) -> npt.NDArray[np.bool_]:
    share = _ink(part) / np.maximum(_ink(whole), 1.0)
    halved: npt.NDArray[np.bool_] = (share > _SHARE) & (share < 1.0 - _SHARE)
    return halved


def _ink(images: Images) -> npt.NDArray[np.float64]:
    ink: npt.NDArray[np.float64] = images.sum(axis=(1, 2), dtype=np.float64)
    return ink


def _enough(some: Callable[[], Images], n: int) -> Images:
    """As many tries as it takes to n images. Raises ValueError if the digits never give one."""
    images = [np.empty((0, SIDE, SIDE), dtype=np.uint8)]
    for _ in range(_TRIES):
        if sum(map(len, images)) >= n:
            return np.concatenate(images)[:n]
        images.append(some())
    raise ValueError(f"{_TRIES} tries gave {sum(map(len, images))} of {n} outliers: these digits are too much alike")


def _cut_from_noise(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Noise where the digit has no ink, in the box of the digit."""
    box = np.zeros((SIDE, SIDE), dtype=np.float32)
    box[4:24, 4:24] = 1.0
    noise = rng.random((n, SIDE, SIDE), dtype=np.float32) ** rng.uniform(0.5, 3.0, (n, 1, 1)).astype(np.float32)
    cut: Images = np.rint(noise * box * (255 - _some(examples, n, rng))).astype(np.uint8)
    return cut


_Way = Callable[[Examples, int, np.random.Generator], Images]
_WAYS: Sequence[_Way] = (_inverted, _overlaid, _side_by_side, _shuffled, _joined, _cut_from_noise)
