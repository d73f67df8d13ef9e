"""The comparison of models, in Markdown and as a picture."""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from training.reports import markdown, page, plots
from training.selection.candidates import BASELINE, INTERPRETABLE, NETWORK
from training.selection.conditions import Conditions
from training.selection.standings import LEVEL, Duel, Standing, cheapest_as_good

_LOOKS = {NETWORK: ("#0072b2", "o"), INTERPRETABLE: ("#009e73", "s"), BASELINE: ("#d55e00", "^")}  # Okabe and Ito, 2008
_TICKS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def render(standings: Sequence[Standing], duels: Sequence[Duel], images: int, conditions: Conditions) -> str:
    """Return the report.

    duels   result of ``standings.duels`` for the same standings
    images  number of images in all folds
    """
    return page.render(
        Path(__file__).with_suffix(".md"),
        ranked=_ranked(standings),
        duels=duels,
        folds=len(standings[0].accuracies),
        images=images,
        conditions=conditions,
        level=LEVEL,
        networks=[standing for standing in _ranked(standings) if standing.kind == NETWORK],
        others=[standing for standing in _ranked(standings) if standing.kind != NETWORK],
        functions=(ranking, cheapest_as_good, markdown.p_value),
    )


def _ranked(standings: Sequence[Standing]) -> list[Standing]:
    return sorted(standings, key=lambda standing: -standing.accuracy)


def ranking(standings: Sequence[Standing]) -> str:
    """All candidates, the most accurate first."""
    head = ("", "candidate", "accuracy, %", "size", "training, s", "one image, ms", "in a batch, µs an image")
    return markdown.table(head, [_row(place, standing) for place, standing in enumerate(_ranked(standings), 1)], left=2)


def _row(place: int, standing: Standing) -> tuple[str, ...]:
    name = f"{standing.name} ({INTERPRETABLE})" if standing.kind == INTERPRETABLE else standing.name
    times = (standing.training_seconds, 1e3 * standing.seconds_for_one, 1e6 * standing.seconds_in_batch)
    size = f"{standing.size:,} {standing.unit}"
    return (str(place), name, markdown.spread(standing.accuracies), size, *map(markdown.rounded, times))


def draw(standings: Sequence[Standing]) -> Figure:
    """Errors with their deviation, left against size, right against time for one image; both axes logarithmic."""
    ranked = _ranked(standings)
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _panel(left, ranked, lambda standing: standing.size, "numbers kept to predict")
    _panel(right, ranked, lambda standing: 1e3 * standing.seconds_for_one, "milliseconds for one image, one thread")
    left.set_ylabel("held-out errors, %")
    looks = [_LOOKS[standing.kind] for standing in ranked]
    handles = [Line2D([], [], color=colour, marker=marker, linestyle="") for colour, marker in looks]
    names = [f"{place}: {standing.name}" for place, standing in enumerate(ranked, 1)]
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
