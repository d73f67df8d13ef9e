"""Outliers made of real digits: with similar ink and strokes, but no readable digit."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from model.pixels import SIDE, Images
from training.data.dataset import Examples
from training.digits.outliers import canvas

_HALF = SIDE // 2
_MEETING = 0.25  # overlap of the ink at the seam, 0..1; halves with more can form a third digit
_SHARE = 0.3  # least share of a digit's ink in each half, because a 1 can lie in one half alone
_TRIES = 100
_MORE = 1.4  # least ink of an overlay, in multiples of either digit's ink; with less it still shows that digit


def of_digits(examples: Examples, count: int, seed: int = 0) -> Images:
    """Return broken digits, uint8 (count, 28, 28), white ink on black, with each method equally often, in mixed order.

    examples  cleaned digits, uint8 (n, 28, 28), of at least two classes; pairs have different labels
    Raises ValueError if there is only one class, or the digits are too similar.
    """
    if len(np.unique(examples.labels)) < 2:
        raise ValueError("outliers are made of digits of two classes or more")
    rng = np.random.default_rng(seed)
    return canvas.mixed(count, _WAYS, lambda way, n: way(examples, n, rng))[rng.permutation(count)]


def _some(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    return examples.images[rng.integers(len(examples), size=n)]


def _pairs(examples: Examples, n: int, rng: np.random.Generator) -> tuple[Images, Images]:
    """Return two images of different classes, (n, 28, 28) each."""
    first, second = rng.integers(len(examples), size=(2, n))
    while (same := examples.labels[first] == examples.labels[second]).any():
        second[same] = rng.integers(len(examples), size=same.sum())
    return examples.images[first], examples.images[second]


def _inverted(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Return dark digits on light squares. The rim is dark, because the service inverts images with a light rim."""
    rim = rng.integers(1, 4, n)
    inside = (canvas.depth() >= rim[:, None, None]).astype(np.uint8)
    return (255 - _some(examples, n, rng)) * inside


def _overlaid(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Return two digits in one place, neither of which hides the other."""

    def some() -> Images:
        first, second = _pairs(examples, 2 * n, rng)
        both = np.maximum(first, second)
        most = np.maximum(_ink(first), _ink(second))
        return both[_ink(both) > _MORE * most]

    return _enough(some, n)


def _side_by_side(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Return two digits side by side, each squeezed to half its width."""
    halves = [(pair[:, :, 0::2].astype(np.uint16) + pair[:, :, 1::2] + 1) // 2 for pair in _pairs(examples, n, rng)]
    return np.concatenate(halves, axis=2).astype(np.uint8)


# Source of each quarter. No order swaps only top and bottom, because a 1 would stay a 1.
_SHUFFLES: npt.NDArray[np.int64] = np.array([[1, 0, 3, 2], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]])


def _shuffled(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Return digits whose quarters are in another order."""
    quarters = _some(examples, n, rng).reshape(n, 2, _HALF, 2, _HALF).swapaxes(2, 3).reshape(n, 4, _HALF, _HALF)
    order = _SHUFFLES[rng.integers(len(_SHUFFLES), size=n)]
    moved = np.take_along_axis(quarters, order[:, :, None, None], axis=1)
    return moved.reshape(n, 2, 2, _HALF, _HALF).swapaxes(2, 3).reshape(n, SIDE, SIDE)


def _joined(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Return the left half of one digit beside the right half of another, with little contact between their ink."""

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
    return (share > _SHARE) & (share < 1.0 - _SHARE)


def _ink(images: Images) -> npt.NDArray[np.float64]:
    ink: npt.NDArray[np.float64] = images.sum(axis=(1, 2), dtype=np.float64)
    return ink


def _enough(some: Callable[[], Images], n: int) -> Images:
    """Return n images from as many calls as necessary. Raises ValueError after too many calls."""
    images = [np.empty((0, SIDE, SIDE), dtype=np.uint8)]
    for _ in range(_TRIES):
        if sum(map(len, images)) >= n:
            return np.concatenate(images)[:n]
        images.append(some())
    raise ValueError(f"{_TRIES} tries gave {sum(map(len, images))} of {n} outliers: these digits are too much alike")


def _cut_from_noise(examples: Examples, n: int, rng: np.random.Generator) -> Images:
    """Return noise in the box of a digit, without the ink of the digit."""
    box = np.zeros((SIDE, SIDE), dtype=np.float32)
    box[4:24, 4:24] = 1.0
    noise = rng.random((n, SIDE, SIDE), dtype=np.float32) ** rng.uniform(0.5, 3.0, (n, 1, 1)).astype(np.float32)
    cut: Images = np.rint(noise * box * (255 - _some(examples, n, rng))).astype(np.uint8)
    return cut


_Way = Callable[[Examples, int, np.random.Generator], Images]
_WAYS: Sequence[_Way] = (_inverted, _overlaid, _side_by_side, _shuffled, _joined, _cut_from_noise)
