"""Sheet of the test images that are misclassified with the most confidence."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.classifier import Predictions
from training.data.dataset import Examples
from training.reports import sheet
from training.reports.sheet import Panel, Tile

_COLUMNS, _ROWS = 12, 5


def surest(test: Examples, predictions: Predictions) -> npt.NDArray[np.int64]:
    """Return the indices of all wrong predictions, the most confident first."""
    wrong = np.flatnonzero(predictions.classes != test.labels)
    return wrong[np.argsort(-predictions.confidences[wrong], kind="stable")]


def draw(test: Examples, predictions: Predictions, name: str, path: Path) -> None:
    """Write a PNG of the most confident errors, as many as fit."""
    wrong = surest(test, predictions)
    shown = wrong[: _COLUMNS * _ROWS]
    tiles = [
        Tile(
            sheet.greys(255 - test.images[index]),
            f"{test.labels[index]} > {predictions.classes[index]}  {predictions.confidences[index]:.3f}",
            bool(predictions.accepted[index]),
        )
        for index in shown
    ]
    title = f"{name}: the {len(shown)} surest of {len(wrong)} errors: label > prediction, confidence (red: accepted)"
    sheet.draw([Panel(title, tiles, _COLUMNS)], path)
