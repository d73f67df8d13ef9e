"""Photographs of digits that a simulated hand draws, with pens of many widths on pages of many sizes."""

import numpy as np
import numpy.typing as npt

from model.spec import CLASSES
from training.digits import curve
from training.digits.challenges import handwriting, paper, pen
from training.digits.challenges.challenge import Challenge
from training.digits.curve import Points

_STEPS = 12  # points of a curve between two of its knots
_SMALLEST = 16  # pixels of the longer side of a digit; people cannot read smaller digits
_TURN = 15.0  # degrees


def drawn(count: int, seed: int = 0) -> Challenge:
    """Return ``count`` digits, 0 to 9 in turn, on pages of 20 to 2,000 pixels."""
    files = paper.files(range(CLASSES), _file, count, seed)
    return Challenge("drawn digits", files, np.arange(count, dtype=np.int64) % CLASSES)


def _file(digit: int, rng: np.random.Generator) -> bytes:
    page = paper.size(rng)
    side = max(_SMALLEST, rng.uniform(0.4, 0.92) * min(page))
    width = max(1.2, side * np.exp(rng.uniform(np.log(0.035), np.log(0.15))))  # from a thin pen to a thick marker
    tile = pen.drawn(written(digit, rng), min(side, min(page) - 2), width)
    return paper.photographed(paper.placed(tile, page, rng), rng)


def written(digit: int, rng: np.random.Generator) -> list[Points]:
    """Return the path of the pen in a random style of the digit, with random shaking, slant, stretch and rotation."""
    styles = handwriting.STYLES[digit]
    style = styles[int(rng.choice(len(styles), p=handwriting.WEIGHTS.get(digit)))]
    strokes = _shaken(handwriting.knots(style), rng)
    form = _form(rng)
    return [curve.smooth(stroke, _STEPS) @ form for stroke in strokes]


def _shaken(strokes: list[Points], rng: np.random.Generator) -> list[Points]:
    """Move each knot a little, and near knots alike. Equal knots stay equal, so that corners stay corners."""
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    places, which = np.unique(np.concatenate(strokes), axis=0, return_inverse=True)
    waves, phases = rng.uniform(1.0, 4.0, (2, 2, 2)), rng.uniform(0, 2 * np.pi, (2, 2))
    bend = 0.025 * np.sin(np.einsum("pi,kji->pkj", places, waves) + phases).sum(axis=1)  # (p, 2)
    moved = places + bend + rng.normal(0, 0.012, places.shape)
    return np.split(moved[which.reshape(-1)], ends)


def _form(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a matrix that changes the width by up to a quarter, slants and turns by up to 15 degrees."""
    turn, slant = curve.rotation(rng.uniform(-_TURN, _TURN)), np.clip(rng.normal(0.08, 0.1), -0.12, 0.28)
    form: npt.NDArray[np.float64] = (
        np.diag([rng.uniform(0.75, 1.25), 1.0]) @ np.array([[1.0, 0.0], [-slant, 1.0]]) @ turn
    )
    return form
