"""Plots of docs/explanations.md."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inference.explanations.picture import colours
from model.pixels import Images
from training.digits.faithfulness.curves import BASELINES
from training.digits.faithfulness.faithfulness_figures import Faithfulness
from training.digits.faithfulness.interpretable import Interpretable
from training.digits.faithfulness.subjects import Shares, Subjects
from training.reports import plots

_COLOURS = ("#0072b2", "#56b4e9", "#d55e00", "#cc79a7", "#009e73", "#777777", "#000000")  # Okabe and Ito, 2008
_STYLES = ("-", "--", "-", "--", "-", ":", ":")
_KEY = "orange: for the digit, blue: against it, white: nothing; each on a scale of its own"


def curves(methods: Mapping[str, Faithfulness], path: Path) -> None:
    """Plot the deletion and insertion curves of each method, as means over the images."""
    figure = Figure(figsize=(9.4, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, kind, about in ((left, "deletion", "ink taken away"), (right, "insertion", "ink brought back")):
        for (name, method), colour, style in zip(methods.items(), _COLOURS, _STYLES, strict=True):
            values: list[float] = getattr(method, kind)
            shares = np.linspace(0, 100, len(values))
            width = 1.4 if name in BASELINES else 1.8
            axes.plot(shares, values, color=colour, linestyle=style, lw=width, label=name.replace("_", " "))
        axes.set(xlabel=f"{about}, % of the inked pixels", title=kind, xlim=(0, 100), ylim=(0, 1.02))
        plots.plain(axes)
    left.set_ylabel("mean probability of the digit read")
    right.legend(frameon=False, fontsize=9, loc="lower right")
    plots.save(figure, path)


def gallery(subjects: Subjects, shares: Mapping[str, Shares], path: Path) -> None:
    """Plot the shares of each image by every method, one column for each image."""
    figure = Figure(figsize=(1.0 * len(subjects) + 1.2, 1.05 * (len(shares) + 1) + 0.4), layout="constrained")
    grid = figure.subplots(len(shares) + 1, len(subjects))
    for column, image in enumerate(subjects.images):
        grid[0, column].imshow(255 - image, cmap="gray", vmin=0, vmax=255)
        for row, share in enumerate(shares.values(), start=1):
            _heat(grid[row, column], share[column], image)
    for row, name in enumerate(("image", *(name.replace("_", "\n") for name in shares))):
        grid[row, 0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    for axes in grid.flat:
        _bare(axes)
    figure.suptitle(_KEY, fontsize=9)
    plots.save(figure, path)


def interpretable(models: Interpretable, image: Images, digit: int, path: Path) -> None:
    """Plot the coefficients of the regression, its shares for one image, and the questions of the tree about it."""
    figure = Figure(figsize=(10.2, 6.2), layout="constrained")
    upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.25, 1.0))[:, 0]
    grid = upper.subplots(2, 5)
    for number, (axes, weights) in enumerate(zip(grid.flat, models.coefficients(), strict=True)):
        _heat(axes, weights)
        axes.set_title(str(number), fontsize=9)
        _bare(axes)
    upper.suptitle(f"logistic regression: coefficients of each digit ({_KEY})", fontsize=9)
    seen, shared, questions = lower.subplots(1, 3)
    seen.imshow(255 - image, cmap="gray", vmin=0, vmax=255)
    seen.set_title("the image", fontsize=9)
    _heat(shared, models.shares(image, digit), image)
    shared.set_title(f"logistic regression: coefficient times pixel, for {digit}", fontsize=9)
    _questions(questions, models, image)
    for axes in (seen, shared, questions):
        _bare(axes)
    plots.save(figure, path)


def _questions(axes: Axes, models: Interpretable, image: Images) -> None:
    """Show the number of each question at its pixel."""
    questions, label = models.path(image)
    axes.imshow(255 - image, cmap="gray", vmin=-400, vmax=255)  # pale background for the numbers
    for number, question in enumerate(questions, start=1):
        box = {"boxstyle": "circle,pad=0.15", "lw": 0, "fc": "#a63603" if question.above else "#08519c"}
        axes.text(
            question.column, question.row, str(number), color="white", fontsize=7, ha="center", va="center", bbox=box
        )
    axes.set_title(f"decision tree: its questions on the way to {label}\n(orange: ink found, blue: none)", fontsize=9)


def _heat(axes: Axes, shares: npt.NDArray[np.floating], image: Images | None = None) -> None:
    most = float(np.abs(shares).max()) or 1.0
    axes.imshow(colours(shares / most), interpolation="nearest")
    if image is not None:
        axes.contour(image, levels=[96], colors="#404040", linewidths=0.6)


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#cccccc")
