"""The test images that are misread with the most confidence."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.classifier import Predictions
from training.data.dataset import Examples
from training.reports import sheet
from training.reports.sheet import Panel, Tile

_COLUMNS, _ROWS = 12, 5


def surest(test: Examples, said: Predictions) -> npt.NDArray[np.int64]:
    """Indices of all wrong predictions, the most confident first."""
    wrong = np.flatnonzero(said.classes != test.labels)
    return wrong[np.argsort(-said.confidences[wrong], kind="stable")]


def draw(test: Examples, said: Predictions, name: str, path: Path) -> None:
    """Write a PNG of the surest errors; all of them if they fit."""
    wrong = surest(test, said)
    shown = wrong[: _COLUMNS * _ROWS]
    tiles = [
        Tile(
            sheet.greys(255 - test.images[index]),
            f"{test.labels[index]} > {said.classes[index]}  {said.confidences[index]:.3f}",
            bool(said.accepted[index]),
        )
        for index in shown
    ]
    title = f"{name}: the {len(shown)} surest of {len(wrong)} errors: label > prediction, confidence (red: accepted)"
    sheet.draw([Panel(title, tiles, _COLUMNS)], path)
