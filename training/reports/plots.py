"""Plots of a training, as PNG."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from inference import files

_BLUE = "#1f4e79"
_ACCENT = "#c05a1c"
_MOST_LABELS = 40  # most labels in a plot of 5 inches
_LONGEST, _SHORT = 20, 3  # characters of a label: longer than the first is cut, longer than the second is rotated


def curves(losses: Sequence[float], accuracies: Sequence[float], path: Path) -> None:
    """Plot the loss and the validation accuracy, 0..1, of each epoch."""
    epochs = range(1, len(losses) + 1)
    figure = Figure(figsize=(7, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    _line(left, epochs, losses, "training loss (nats)", _ACCENT)
    _line(right, epochs, [100 * accuracy for accuracy in accuracies], "validation accuracy (%)", _BLUE)
    save(figure, path)


def _line(axes: Axes, epochs: range, values: Sequence[float], name: str, colour: str) -> None:
    axes.plot(epochs, values, color=colour, marker="o", markersize=3)
    axes.set(xlabel="epoch", title=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    plain(axes)


def plain(axes: Axes) -> None:
    """Draw a pale grid, and no frame at the top and the right."""
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def mark(axes: Axes, ticks: Sequence[float]) -> None:
    """Show the ticks that lie within the limits of a logarithmic y axis, as plain numbers."""
    low, high = axes.get_ylim()
    axes.set_yticks([tick for tick in ticks if low <= tick <= high])
    plain_numbers(axes.yaxis)


def plain_numbers(axis: Axis) -> None:
    """Show the major ticks of a logarithmic axis as plain numbers, and no label at the minor ticks."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def confusion(matrix: list[list[int]], labels: Sequence[str], path: Path, noun: str = "class") -> None:
    """Plot a confusion matrix of counts (n, n): rows are labels, columns are predictions. Only errors are coloured.

    A matrix of more than 40 classes has colours but no numbers.
    """
    counts = np.array(matrix)
    errors = counts * ~np.eye(len(counts), dtype=bool)
    figure = Figure(figsize=(5.5, 5.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, 2 * errors.max()))
    axes.set(xticks=[], yticks=[], xlabel=f"predicted {noun}", ylabel=f"labelled {noun}", title="test images")
    if len(labels) <= _MOST_LABELS:
        for (row, column), count in np.ndenumerate(counts):
            axes.text(column, row, str(count) if count else "·", ha="center", va="center", fontsize=8)
        names = [label[:_LONGEST] for label in labels]
        turn = 0 if max(map(len, names)) <= _SHORT else 90
        axes.set_xticks(range(len(names)), names, rotation=turn, parse_math=False)  # a label may contain dollar signs
        axes.set_yticks(range(len(names)), names, parse_math=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+")  # a box replaces a letter without a glyph
        save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG. Equal figures give equal bytes."""
    with files.replacing(path) as partial:
        figure.savefig(partial, dpi=110, metadata={"Software": None})
