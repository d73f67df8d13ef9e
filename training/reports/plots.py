"""Pictures of a training and of its data, as PNG."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inference import files
from training.fit.checkpoint import Epoch

_INK = "#1f4e79"
_ACCENT = "#c05a1c"


def curves(history: list[Epoch], path: Path) -> None:
    """Loss and validation accuracy by epoch."""
    epochs = range(1, len(history) + 1)
    figure = Figure(figsize=(7, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    _line(left, epochs, [epoch.loss for epoch in history], "training loss (nats)", _ACCENT)
    _line(right, epochs, [100 * epoch.validation_accuracy for epoch in history], "validation accuracy (%)", _INK)
    save(figure, path)


def _line(axes: Axes, epochs: range, values: list[float], name: str, colour: str) -> None:
    axes.plot(epochs, values, color=colour, marker="o", markersize=3)
    axes.set(xlabel="epoch", title=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def confusion(matrix: list[list[int]], path: Path) -> None:
    """Counts (10, 10): the label down, the prediction across; only the errors are coloured."""
    counts = np.array(matrix)
    errors = counts * ~np.eye(len(counts), dtype=bool)
    figure = Figure(figsize=(5.5, 5.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, 2 * errors.max()))
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, str(count) if count else "·", ha="center", va="center", fontsize=8)
    ticks = range(len(counts))
    axes.set(xticks=ticks, yticks=ticks, xlabel="predicted digit", ylabel="labelled digit", title="test images")
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG that is the same bytes for the same picture."""
    with files.replacing(path) as partial:
        figure.savefig(partial, dpi=110, metadata={"Software": None})
