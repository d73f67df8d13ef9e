"""Reliability diagram: accuracy by confidence (DeGroot and Fienberg, 1983)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from training.evaluation.interval import wilson
from training.reports import plots

_WIDTHS = np.linspace(0.0, 1.0, 16)  # edges of the bins, as in calibration.expected_error
_DOUBTS = np.array([0.0, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0])  # most confidences are near 1
_LEAST = 1e-5  # start of the logarithmic axes; smaller values are drawn there
_BEFORE, _AFTER = "#d55e00", "#0072b2"  # Okabe and Ito, 2008
_SHIFT = 0.93  # factor between the positions of the two series, so that both are visible


@dataclass(frozen=True)
class ConfidenceSample:
    """Confidences float32 (n,), 0..1, and a mask (n,) of the right predictions."""

    confidences: npt.NDArray[np.float32]
    right: npt.NDArray[np.bool_]

    @property
    def error_probabilities(self) -> npt.NDArray[np.float64]:
        """Return the predicted probability of an error, 1 - confidence."""
        return 1.0 - self.confidences.astype(np.float64)


class Bins(NamedTuple):
    """Ranges of confidence with predictions, (k,) each.

    examples   at least one
    doubt      mean of 1 - confidence
    error      share that is wrong
    low, high  the 95 % interval of that share
    """

    examples: npt.NDArray[np.int64]
    doubt: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def bins(values: npt.NDArray[np.float64], edges: npt.NDArray[np.float64], sample: ConfidenceSample) -> Bins:
    """Sort predictions into bins by ``values`` between ``edges``. Empty bins are left out."""
    places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    inside = [places == place for place in np.unique(places)]
    count = np.array([chosen.sum() for chosen in inside])
    wrong = np.array([(~sample.right[chosen]).sum() for chosen in inside])
    doubt = np.array([sample.error_probabilities[chosen].mean() for chosen in inside])
    low, high = np.transpose([wilson(*pair) for pair in zip(wrong.tolist(), count.tolist(), strict=True)])
    return Bins(count, doubt, wrong / count, low, high)


def draw(before: ConfidenceSample, after: ConfidenceSample, name: str, path: Path) -> None:
    """Write a PNG: bins of equal width, and bins of doubt on logarithmic axes, each above its counts."""
    figure = Figure(figsize=(9.6, 5.4), layout="constrained")
    axes = figure.subplot_mosaic([["wide", "fine"], ["many", "few"]], height_ratios=[3, 1])
    series = ((before, "before temperature", _BEFORE, _SHIFT), (after, "after", _AFTER, 1.0 / _SHIFT))
    for sample, label, colour, shift in series:
        _wide(axes["wide"], sample, label, colour)
        _fine(axes["fine"], sample, label, colour, shift)
        look: dict[str, Any] = {"histtype": "step", "color": colour, "lw": 1.4}
        axes["many"].hist(sample.confidences, _WIDTHS.tolist(), **look)
        axes["few"].hist(np.maximum(sample.error_probabilities, _LEAST), np.maximum(_DOUBTS, _LEAST).tolist(), **look)
    _dress(axes["wide"], axes["fine"], axes["many"], axes["few"])
    figure.suptitle(f"{name}: {len(after.right):,} test images", fontsize=11)
    plots.save(figure, path)


def _wide(axes: Axes, sample: ConfidenceSample, label: str, colour: str) -> None:
    _, doubt, error, low, high = bins(sample.confidences.astype(np.float64), _WIDTHS, sample)
    right = 1.0 - error
    bars = [right - (1.0 - high), (1.0 - low) - right]
    axes.errorbar(1.0 - doubt, right, bars, color=colour, marker="o", ms=4, capsize=2, lw=1, label=label)


def _fine(axes: Axes, sample: ConfidenceSample, label: str, colour: str, shift: float) -> None:
    """Plot errors against doubt. For a bin without errors, plot only the upper end of the interval."""
    _, doubt, error, low, high = bins(sample.error_probabilities, _DOUBTS, sample)
    across = shift * np.maximum(doubt, _LEAST)
    axes.vlines(across, np.maximum(low, _LEAST), high, color=colour, lw=1)
    some = error > 0.0
    axes.plot(across[some], error[some], color=colour, marker="o", ms=4, ls="", label=label)
    axes.plot(across[~some], high[~some], color=colour, marker="v", ms=5, ls="", mfc="none")


def _dress(wide: Axes, fine: Axes, many: Axes, few: Axes) -> None:
    wide.axline((0, 0), slope=1, color="grey", lw=0.8, ls="--")
    fine.plot([_LEAST, 1], [_LEAST, 1], color="grey", lw=0.8, ls="--")
    wide.set(xlim=(0, 1.02), ylim=(0, 1.02), ylabel="share that is right", title="15 bins of equal width")
    fine.set(xscale="log", yscale="log", ylabel="share that is wrong", title="near certainty, logarithmic")
    for axes in (fine, few):
        axes.set(xscale="log", xlim=(1.2, 0.8 * _LEAST))  # high confidence on the right, as in the left plot
    fine.set_ylim(_LEAST, 1.2)
    many.set(yscale="log", ylabel="predictions", xlim=(0, 1.02), xlabel="confidence")
    few.set(yscale="log", ylabel="predictions", xlabel="1 - confidence")
    for axes in (wide, many):
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    wide.yaxis.set_major_formatter(PercentFormatter(1.0))
    for axes in (wide, fine, many, few):
        plots.plain(axes)
    wide.legend(frameon=False, loc="upper left")
    none = Line2D([], [], color="grey", marker="v", mfc="none", ls="", label="none wrong: the interval's upper end")
    fine.legend(handles=[none], frameon=False, loc="upper right", fontsize=9)
