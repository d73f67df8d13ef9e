"""Comparison of models by cross-validation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from training.reports import markdown, plots
from training.selection import folds, standings
from training.selection.candidates import BASELINE, INTERPRETABLE, NETWORK, Candidate
from training.selection.comparison_report import ComparisonReport
from training.selection.jobs import FoldRun
from training.selection.runner import JobRunner
from training.selection.standings import LEVEL, Duel, Standing

_LOOKS = {NETWORK: ("#0072b2", "o"), INTERPRETABLE: ("#009e73", "s"), BASELINE: ("#d55e00", "^")}  # Okabe and Ito, 2008
_TICKS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


@dataclass(frozen=True)
class ModelComparison(ComparisonReport):
    """Results of a comparison of models. ``images`` is the number in all folds together."""

    standings: list[Standing]
    duels: list[Duel]
    images: int
    name = "selection"
    module = __file__

    @property
    def ranked(self) -> list[Standing]:
        """Return the candidates, the most accurate first."""
        return sorted(self.standings, key=lambda standing: -standing.accuracy)

    @property
    def table(self) -> str:
        head = ("", "candidate", "accuracy, %", "size", "training, s", "one image, ms", "in a batch, µs an image")
        return markdown.table(head, [_row(place, standing) for place, standing in enumerate(self.ranked, 1)], left=2)

    def values(self) -> dict[str, Any]:
        return {
            "ranked": self.ranked,
            "cheapest": standings.cheapest_as_good(self.ranked, self.duels),
            "folds": len(self.standings[0].accuracies),
            "level": LEVEL,
            "networks": [standing for standing in self.ranked if standing.kind == NETWORK],
            "others": [standing for standing in self.ranked if standing.kind != NETWORK],
        }

    def draw(self) -> Figure:
        """Plot errors with their deviation against size and time for one image, on logarithmic axes."""
        figure = Figure(figsize=(11, 4.4), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        _panel(left, self.ranked, lambda standing: standing.size, "numbers kept to predict")
        time = "milliseconds for one image, one thread"
        _panel(right, self.ranked, lambda standing: 1e3 * standing.seconds_for_one, time)
        left.set_ylabel("held-out errors, %")
        looks = [_LOOKS[standing.kind] for standing in self.ranked]
        handles = [Line2D([], [], color=colour, marker=marker, linestyle="") for colour, marker in looks]
        names = [f"{place}: {standing.name}" for place, standing in enumerate(self.ranked, 1)]
        figure.legend(handles, names, loc="outside right upper", fontsize=9, frameon=False)
        return figure


def _row(place: int, standing: Standing) -> tuple[str, ...]:
    name = f"{standing.name} ({INTERPRETABLE})" if standing.kind == INTERPRETABLE else standing.name
    times = (standing.training_seconds, 1e3 * standing.seconds_for_one, 1e6 * standing.seconds_in_batch)
    size = f"{standing.size:,} {standing.unit}"
    return (str(place), name, markdown.spread(standing.accuracies), size, *map(markdown.rounded, times))


def _panel(axes: Axes, ranked: Sequence[Standing], across: Callable[[Standing], float], title: str) -> None:
    for place, standing in enumerate(ranked, 1):
        colour, marker = _LOOKS[standing.kind]
        x, y = across(standing), 100 * (1 - standing.accuracy)
        axes.errorbar(x, y, 100 * standing.deviation, color=colour, marker=marker, markersize=5, capsize=3)
        offset = (6, 4) if place % 2 else (6, -11)  # candidates of similar rank often lie close together
        axes.annotate(str(place), (x, y), offset, textcoords="offset points", fontsize=9)
    axes.set(xscale="log", yscale="log", xlabel=title)
    plots.mark(axes, _TICKS)
    plots.plain(axes)


def compare(candidates: list[Candidate], runner: JobRunner, number: int, seed: int) -> ModelComparison:
    """Evaluate every candidate on each of ``number`` folds. A second call resumes an interrupted comparison.

    Raises ValueError if the number of folds is not possible, and the errors of ``runner.finish``.
    """
    whole = runner.material.whole
    folds.stratified(whole.labels, number, seed)  # refuses a wrong number before any work
    trials = [FoldRun(candidate, fold, number, seed) for fold in range(number) for candidate in candidates]
    with runner.bar(len(trials)):
        results = runner.finish(trials)
    by_candidate = [results[place :: len(candidates)] for place in range(len(candidates))]
    standings_ = [standings.standing(*pair) for pair in zip(candidates, by_candidate, strict=True)]
    wrong = {
        standing.name: {image for fold in its for image in fold["wrong"]}
        for standing, its in zip(standings_, by_candidate, strict=True)
    }
    return ModelComparison(standings_, standings.duels(standings_, wrong), len(whole))
