"""Plot of the weights of the first layer."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from inference.bundle import Bundle
from model.pixels import SIDE
from training.reports import plots

UNITS = 48
_COLUMNS = 12


def strongest(bundle: Bundle, count: int = UNITS) -> npt.NDArray[np.int64]:
    """Return the units of the first layer by norm of incoming times norm of outgoing weights, descending.

    This product does not change if a unit's incoming weights are multiplied by a > 0 and its outgoing weights divided
    by a. With ReLU, the network does not change either.
    """
    weights = list(bundle.parameters.values())[::2]
    weight = np.linalg.norm(weights[0], axis=1)
    if len(weights) > 1:
        weight = weight * np.linalg.norm(weights[1], axis=0)
    return np.argsort(-weight, kind="stable")[:count]


def draw(bundle: Bundle, name: str, path: Path) -> None:
    """Write a PNG of the weights from the 784 pixels to each of the strongest units. Each unit has its own scale."""
    chosen = strongest(bundle)
    weights = next(iter(bundle.parameters.values()))[chosen].reshape(-1, SIDE, SIDE)
    rows = math.ceil(len(chosen) / _COLUMNS)
    figure = Figure(figsize=(9.6, 0.5 + 0.82 * rows), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, weight in zip(grid.flat, weights, strict=False):
        most = float(np.abs(weight).max()) or 1.0
        axes.imshow(weight, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
    figure.suptitle(f"{name}: weights of {len(chosen)} first-layer units (red: for ink, blue: against it)", fontsize=10)
    plots.save(figure, path)
