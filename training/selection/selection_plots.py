"""The comparison of models as a picture."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from training.reports import plots
from training.selection.candidates import BASELINE, INTERPRETABLE, NETWORK
from training.selection.standings import Standing

_LOOKS = {NETWORK: ("#0072b2", "o"), INTERPRETABLE: ("#009e73", "s"), BASELINE: ("#d55e00", "^")}  # Okabe and Ito, 2008
_TICKS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def draw(standings: Sequence[Standing]) -> Figure:
    """Errors with their deviation, left against size, right against time for one image; both axes logarithmic."""
    ranked = sorted(standings, key=lambda standing: -standing.accuracy)
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _panel(left, ranked, lambda standing: standing.size, "numbers kept to predict")
    _panel(right, ranked, lambda standing: 1e3 * standing.seconds_for_one, "milliseconds for one image, one thread")
    left.set_ylabel("held-out errors, %")
    handles, names = _legend(ranked)
    figure.legend(handles, names, loc="outside right upper", fontsize=9, frameon=False)
    return figure


def _panel(axes: Axes, ranked: Sequence[Standing], across: Callable[[Standing], float], title: str) -> None:
    for place, standing in enumerate(ranked, 1):
        colour, marker = _LOOKS[standing.kind]
        x, y = across(standing), 100 * (1 - standing.accuracy)
        axes.errorbar(x, y, 100 * standing.deviation, color=colour, marker=marker, markersize=5, capsize=3)
        offset = (6, 4) if place % 2 else (6, -11)  # neighbours in rank are often neighbours in the picture
        axes.annotate(str(place), (x, y), offset, textcoords="offset points", fontsize=9)
    axes.set(xscale="log", yscale="log", xlabel=title)
    plots.mark(axes, _TICKS)
    plots.plain(axes)


def _legend(ranked: Sequence[Standing]) -> tuple[list[Line2D], list[str]]:
    looks = [_LOOKS[standing.kind] for standing in ranked]
    handles = [Line2D([], [], color=colour, marker=marker, linestyle="") for colour, marker in looks]
    return handles, [f"{place}: {standing.name}" for place, standing in enumerate(ranked, 1)]
