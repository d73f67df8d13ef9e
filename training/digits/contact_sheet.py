"""Plot of the data: training images, augmented images and errors."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inference.classifier import Predictions
from model.network import to_input
from model.pixels import SIDE, Images
from model.spec import CLASSES
from training.data.dataset import Examples
from training.fit.augmentation import Augmentation
from training.reports import errors_sheet, plots

_COLUMNS = 10
_ERROR_COLUMNS = 20
_ERROR_ROWS = 3
_SEED = 0


def draw(train: Examples, test: Examples, predictions: Predictions, augmentation: Augmentation, path: Path) -> None:
    """Write a PNG of three panels.

    predictions  for all test images
    """
    chosen = _samples_by_class(train)
    figure = Figure(figsize=(9.2, 6.2), layout="constrained")
    axes = figure.subplot_mosaic([["train", "distorted"], ["errors", "errors"]], height_ratios=[10, 4.6])
    _show(axes["train"], chosen, _COLUMNS, "training images")
    torch.manual_seed(_SEED)
    distorted = (augmentation(to_input(chosen)) * 255.0).round().clamp(0, 255).to(torch.uint8)
    _show(axes["distorted"], distorted.view(-1, SIDE, SIDE).numpy(), _COLUMNS, "the same, as one epoch distorts them")
    _show_errors(axes["errors"], test, predictions)
    plots.save(figure, path)


def _samples_by_class(train: Examples) -> Images:
    """Return up to ten images of each digit, ordered by digit."""
    rng = np.random.default_rng(_SEED)
    rows = []
    for digit in range(CLASSES):
        chosen = rng.permutation(np.flatnonzero(train.labels == digit))[:_COLUMNS]
        row = np.zeros((_COLUMNS, SIDE, SIDE), dtype=np.uint8)
        row[: len(chosen)] = train.images[chosen]
        rows.append(row)
    return np.concatenate(rows)


def _show(axes: Axes, images: Images, columns: int, title: str) -> None:
    """Show n images, a multiple of ``columns``, in rows."""
    _, height, width = images.shape
    rows = images.reshape(-1, columns, height, width).swapaxes(1, 2).reshape(-1, columns * width)
    axes.imshow(rows, cmap="gray_r", interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title, fontsize=10)


def _show_errors(axes: Axes, test: Examples, predictions: Predictions) -> None:
    """Show the most confident errors that fit, with the caption label > prediction."""
    wrong = errors_sheet.surest(test, predictions)
    shown = wrong[: _ERROR_COLUMNS * _ERROR_ROWS]
    tiles = np.zeros((_ERROR_COLUMNS * _ERROR_ROWS, SIDE + 12, SIDE), dtype=np.uint8)  # 12 rows for the caption
    tiles[: len(shown), :SIDE] = test.images[shown]
    title = f"the {len(shown)} surest of {len(wrong)} errors on {len(test)} test images (label > prediction)"
    _show(axes, tiles, _ERROR_COLUMNS, title)
    for place, index in enumerate(shown):
        row, column = divmod(place, _ERROR_COLUMNS)
        at = column * SIDE + SIDE / 2, row * (SIDE + 12) + SIDE + 5
        axes.text(*at, f"{test.labels[index]} > {predictions.classes[index]}", ha="center", va="center", fontsize=7)
