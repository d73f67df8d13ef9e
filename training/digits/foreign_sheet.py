"""Sheet of misclassified pictures of the challenges: each as it was sent, beside the input of the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from inference.classifier import Predictions
from model.pixels import SIDE, Images
from training.digits.challenges import Challenge
from training.reports import sheet
from training.reports.sheet import Colours, Panel, Tile

_COLUMNS, _ROWS = 8, 4
_SIDE = 2 * SIDE
_GAP = 4


@dataclass(frozen=True)
class PredictedChallenge:
    """Challenge with its normalised images, uint8 (n, 28, 28), and predictions."""

    challenge: Challenge
    seen: Images
    predictions: Predictions


def draw(answered: Sequence[PredictedChallenge], name: str, path: Path) -> None:
    """Write a PNG: the misclassified pictures of each challenge of digits, and the accepted pictures of all others."""
    digits = [challenge for challenge in answered if challenge.challenge.labels is not None]
    others = [challenge for challenge in answered if challenge.challenge.labels is None]
    panels = [_misread(challenge, name) for challenge in digits]
    sheet.draw([*panels, _taken_for_digits(others, name)], path)


def _misread(challenge: PredictedChallenge, name: str) -> Panel:
    labels = challenge.challenge.labels
    assert labels is not None
    wrong = _surest(challenge, np.flatnonzero(challenge.predictions.classes != labels))
    tiles = [_tile(challenge, index, f"{labels[index]} > ") for index in wrong[: _COLUMNS * _ROWS]]
    counts = f"{_some(len(tiles), len(wrong))} misread of {len(labels):,}"
    return Panel(f"{name}, {challenge.challenge.name}: {counts}: label > prediction (red: accepted)", tiles, _COLUMNS)


def _taken_for_digits(others: Sequence[PredictedChallenge], name: str) -> Panel:
    """Return the panel of accepted pictures, the most confident of each challenge in turn."""
    queues = [
        [(challenge, index) for index in _surest(challenge, np.flatnonzero(challenge.predictions.accepted))]
        for challenge in others
    ]
    mixed = [queue[turn] for turn in range(_COLUMNS * _ROWS) for queue in queues if turn < len(queue)]
    chosen = mixed[: _COLUMNS * _ROWS]
    tiles = [_tile(challenge, index, f"{challenge.challenge.name}\n> ") for challenge, index in chosen]
    count, images = sum(map(len, queues)), sum(len(challenge.seen) for challenge in others)
    return Panel(f"{name}, no digits: {_some(len(tiles), count)} accepted of {images:,}", tiles, _COLUMNS)


def _some(shown: int, count: int) -> str:
    return f"the {shown} surest of {count}" if shown < count else f"{count}"


def _surest(challenge: PredictedChallenge, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return chosen[np.argsort(-challenge.predictions.confidences[chosen], kind="stable")]


def _tile(challenge: PredictedChallenge, index: int, before: str) -> Tile:
    saw = sheet.greys(challenge.seen[index].repeat(2, axis=0).repeat(2, axis=1))
    gap = np.full((_SIDE, _GAP, 3), 255, dtype=np.uint8)
    pixels = np.concatenate([thumbnail(challenge.challenge.files[index]), gap, saw], axis=1)
    caption = f"{before}{challenge.predictions.classes[index]}  {challenge.predictions.confidences[index]:.3f}"
    return Tile(pixels, caption, bool(challenge.predictions.accepted[index]) and challenge.challenge.labels is not None)


def thumbnail(file: bytes) -> Colours:
    """Return an image file in a grey square of 56x56, with its aspect ratio kept."""
    with Image.open(BytesIO(file)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    fitted = ImageOps.contain(upright, (_SIDE, _SIDE), Image.Resampling.BOX)
    square = Image.new("RGBA", (_SIDE, _SIDE), (200, 200, 200, 255))
    square.alpha_composite(fitted, ((_SIDE - fitted.width) // 2, (_SIDE - fitted.height) // 2))
    return np.asarray(square.convert("RGB"))
