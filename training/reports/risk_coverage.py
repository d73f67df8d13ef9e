"""Risk-coverage curve: error rate by share of accepted predictions (El-Yaniv and Wiener, 2010)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inference.classifier import Predictions
from training.evaluation.interval import wilson
from training.reports import plots

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")  # Okabe and Ito, 2008
_FROM = 0.9  # least coverage on the axis; below it the curves of good networks are flat


@dataclass(frozen=True)
class Curve:
    """Risk-coverage curve of one model: the k most confident predictions are accepted, for each k = 1..n.

    coverage  float64 (n,), k / n
    errors    int64 (n,), number of wrong predictions among these k
    chosen    k at the threshold of the service
    """

    name: str
    coverage: npt.NDArray[np.float64]
    errors: npt.NDArray[np.int64]
    chosen: int

    @property
    def risk(self) -> npt.NDArray[np.float64]:
        """Return the share of wrong predictions among the accepted."""
        return self.errors / np.arange(1, len(self.errors) + 1)


def curve(name: str, predictions: Predictions, right: npt.NDArray[np.bool_]) -> Curve:
    """Return the curve of n predictions. The accepted come first, so that ``chosen`` is at the served threshold."""
    order = np.lexsort((-predictions.confidences, ~predictions.accepted))
    coverage = np.arange(1, len(order) + 1) / len(order)
    return Curve(name, coverage, np.cumsum(~right[order]), int(predictions.accepted.sum()))


def draw(curves: Sequence[Curve], least_coverage: float, most_risk: float, path: Path) -> None:
    """Write a PNG. The shaded area meets the targets for coverage and risk, both 0..1."""
    figure = Figure(figsize=(7.2, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.fill_between([100 * least_coverage, 100], 0, 100 * most_risk, color="#009e73", alpha=0.15, lw=0)
    for curve, colour in zip(curves, _COLOURS, strict=False):
        _line(axes, curve, colour)
    highest = max(float(curve.risk[-1]) for curve in curves)
    axes.set(xlim=(100 * _FROM, 100), ylim=(0, 100 * max(1.1 * highest, 2.0 * most_risk)))
    axes.set(xlabel="coverage: accepted, % of the test images", ylabel="risk: wrong, % of the accepted")
    plots.plain(axes)
    axes.legend(frameon=False, loc="upper left", fontsize=9)
    plots.save(figure, path)


def _line(axes: Axes, curve: Curve, colour: str) -> None:
    axes.plot(100 * curve.coverage, 100 * curve.risk, color=colour, lw=1.4, label=curve.name)
    if not curve.chosen:
        return
    wrong = int(curve.errors[curve.chosen - 1])
    low, high = wilson(wrong, curve.chosen)
    at, risk = 100 * curve.chosen / len(curve.errors), wrong / curve.chosen
    bars = [[100 * (risk - low)], [100 * (high - risk)]]
    label = f"its threshold, with a 95 % interval: {100 * risk:.2f} % wrong of {at:.2f} %"
    axes.errorbar(at, 100 * risk, bars, color=colour, marker="D", ms=6, capsize=3, label=label, ls="")
