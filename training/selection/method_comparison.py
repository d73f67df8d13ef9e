"""Comparison of optimizers, losses and regularisers at an equal budget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import variance
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from training.fit.presets import Preset
from training.reports import markdown, plots
from training.selection import methods
from training.selection.comparison_report import ComparisonReport
from training.selection.jobs import TrainingRun
from training.selection.methods import LOSSES, REGULARISERS, Method, MethodOutcome, Setting, is_base
from training.selection.runner import JobRunner

SEEDS = 3
_COLOURS = ("#d55e00", "#e69f00", "#009e73", "#0072b2", "#cc79a7", "#56b4e9")  # Okabe and Ito, 2008
_MARKERS = ("o", "s", "^", "D", "v", "P")
_TICKS = (1, 2, 3, 5, 10, 20, 30, 50, 100)


@dataclass(frozen=True)
class MethodComparison(ComparisonReport):
    """Results of a comparison of methods.

    preset              settings that all methods share
    images, validation  number of training and of validation images
    """

    outcomes: list[MethodOutcome]
    preset: Preset
    images: int
    validation: int
    name = "methods"
    module = __file__

    @property
    def base(self) -> MethodOutcome:
        """Return the method that the regularisers were added to."""
        return next(outcome for outcome in self.outcomes if is_base(outcome.group, outcome.name))

    @property
    def table(self) -> str:
        """Return a table of all methods, ordered by group and then by accuracy."""
        head = ("", "method", "setting", "validation accuracy, %", "training accuracy, %", "epochs", "training, s")
        groups = (*LOSSES, REGULARISERS)
        ranked = sorted(self.outcomes, key=lambda outcome: (groups.index(outcome.group), -outcome.accuracy))
        return markdown.table(head, map(_row, ranked), left=3)

    def group(self, name: str) -> list[MethodOutcome]:
        """Return the methods of a loss, or the regularisers."""
        return [outcome for outcome in self.outcomes if outcome.group == name]

    def values(self) -> dict[str, Any]:
        added, base = self.group(REGULARISERS), self.base
        clear = [outcome for outcome in added if abs(outcome.accuracy - base.accuracy) > _noise(outcome, base)]
        unclear = [outcome for outcome in added if outcome not in clear]
        by_loss = [max(self.group(loss), key=lambda outcome: outcome.accuracy) for loss in LOSSES]
        return {"base": base, "by_loss": by_loss, "clear": clear, "unclear": unclear}

    def draw(self) -> Figure:
        """Plot the learning curves for each loss, and the final errors of the regularisers with every seed."""
        figure = Figure(figsize=(12, 4.4), layout="constrained")
        *curves, last = figure.subplots(1, len(LOSSES) + 1)
        for axes, (loss, title) in zip(curves, LOSSES.items(), strict=True):
            _curves(axes, self.group(loss), title)
            axes.sharey(curves[0])
        curves[0].set_ylabel("validation errors, %")
        _points(last, [self.base, *self.group(REGULARISERS)])
        return figure


def _row(outcome: MethodOutcome) -> tuple[str, ...]:
    accuracies = (markdown.spread(outcome.accuracies), markdown.spread(outcome.training_accuracies))
    epochs = sorted({len(curve) for curve in outcome.curves})
    passes = f"{epochs[0]}" if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]}"
    setting = f"`{outcome.knob}` {outcome.chosen:g}"
    return (outcome.family, outcome.name, setting, *accuracies, passes, markdown.rounded(outcome.seconds))


def _noise(first: MethodOutcome, second: MethodOutcome) -> float:
    """Return two standard errors of the difference between the means over the seeds."""
    return 2.0 * math.sqrt(sum(variance(outcome.accuracies) / len(outcome.accuracies) for outcome in (first, second)))


def _curves(axes: Axes, outcomes: Sequence[MethodOutcome], title: str) -> None:
    """Plot the mean over the seeds, in a band from the best to the worst seed."""
    for outcome, colour, marker in zip(outcomes, _COLOURS, _MARKERS, strict=False):
        errors = 100 * (1 - np.array(outcome.curves))  # (seeds, epochs)
        epochs = np.arange(1, errors.shape[1] + 1)
        label = f"{outcome.name}, rate {outcome.chosen:g}"
        axes.plot(epochs, errors.mean(axis=0), color=colour, marker=marker, markersize=4, label=label)
        axes.fill_between(epochs, errors.min(axis=0), errors.max(axis=0), color=colour, alpha=0.2, linewidth=0)
    axes.set(yscale="log", xlabel="epoch", title=title, yticks=_TICKS)
    plots.plain_numbers(axes.yaxis)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=8)
    plots.plain(axes)


def _points(axes: Axes, outcomes: Sequence[MethodOutcome]) -> None:
    """Plot each seed as a dot and the mean as a line. The first method is the base of the others."""
    for place, outcome in enumerate(outcomes):
        errors = 100 * (1 - np.array(outcome.accuracies))
        colour = "#555555" if place == 0 else _COLOURS[3]
        axes.plot(errors, np.full(len(errors), place), "o", color=colour, alpha=0.5, markersize=5)
        axes.plot([errors.mean()] * 2, [place - 0.3, place + 0.3], color=colour, linewidth=2)
    axes.axvline(100 * (1 - outcomes[0].accuracy), color="#999999", linestyle=":", linewidth=1)
    names = [f"{outcome.name}, {outcome.chosen:g}" for outcome in outcomes[1:]]
    axes.set_yticks(range(len(outcomes)), [f"none ({outcomes[0].name})", *names])
    axes.invert_yaxis()
    axes.set(xlabel="validation errors, %", title="regularisers")
    plots.plain(axes)


def compare(runner: JobRunner, seed: int, *, quick: bool = False) -> MethodComparison:
    """Choose the setting of each method with the first seed, then train it with two more seeds.

    A second call resumes an interrupted comparison. Raises the errors of ``runner.finish``.
    """
    optimizers = methods.optimizers(quick=quick)
    (base,) = (method_ for method_ in optimizers if methods.is_base(method_.group, method_.name))
    names = (*optimizers, *methods.regularisers(base.preset, quick=quick))
    with runner.bar(sum(len(method_.values) + SEEDS for method_ in names)):
        tried = _tried(optimizers, runner, seed)
        rate = methods.best_setting(tried[optimizers.index(base)])
        regularisers = methods.regularisers(base.at(rate), quick=quick)
        tried += _tried(regularisers, runner, seed)
        outcomes = _outcomes([*optimizers, *regularisers], tried, runner, seed)
    return MethodComparison(outcomes, base.preset, len(runner.material.train), len(runner.material.validation))


def _tried(ways: Sequence[Method], runner: JobRunner, seed: int) -> list[list[Setting]]:
    """Return the settings of each method, each tried with one seed."""
    results = iter(runner.finish([_attempt(method, value, seed) for method in ways for value in method.values]))
    return [[Setting(value, next(results)["accuracy"]) for value in method.values] for method in ways]


def _outcomes(
    ways: Sequence[Method], tried: Sequence[Sequence[Setting]], runner: JobRunner, seed: int
) -> list[MethodOutcome]:
    pairs = [(method, methods.best_setting(its)) for method, its in zip(ways, tried, strict=True)]
    results = runner.finish([_attempt(*pair, seed + more) for pair in pairs for more in range(SEEDS)])
    by_method = [results[place * SEEDS : (place + 1) * SEEDS] for place in range(len(ways))]
    return [methods.outcome_of(*parts) for parts in zip(ways, tried, by_method, strict=True)]


def _attempt(method: Method, value: float, seed: int) -> TrainingRun:
    return TrainingRun(f"{method.name}, {method.group}, {method.knob} {value:g}", method.at(value), seed)
