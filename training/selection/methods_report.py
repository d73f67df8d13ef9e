"""The comparison of the mathematics, in Markdown and as a picture."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import variance

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from training.fit.presets import Preset
from training.reports import markdown, page, plots
from training.selection.conditions import Conditions
from training.selection.methods import LOSSES, REGULARISERS, MethodOutcome, is_base

_COLOURS = ("#d55e00", "#e69f00", "#009e73", "#0072b2", "#cc79a7", "#56b4e9")  # Okabe and Ito, 2008
_MARKERS = ("o", "s", "^", "D", "v", "P")
_TICKS = (1, 2, 3, 5, 10, 20, 30, 50, 100)


def render(
    outcomes: Sequence[MethodOutcome], preset: Preset, images: int, validation: int, conditions: Conditions
) -> str:
    """The report.

    preset              what all methods have in common
    images, validation  how many the networks were trained and judged on
    """
    plain = base(outcomes)
    added = [outcome for outcome in outcomes if outcome.group == REGULARISERS]
    clear = [outcome for outcome in added if abs(outcome.accuracy - plain.accuracy) > _noise(outcome, plain)]
    return page.render(
        Path(__file__).with_suffix(".md"),
        outcomes=outcomes,
        preset=preset,
        images=images,
        validation=validation,
        conditions=conditions,
        base=plain,
        by_loss=[max((o for o in outcomes if o.group == loss), key=lambda o: o.accuracy) for loss in LOSSES],
        clear=clear,
        unclear=[outcome for outcome in added if outcome not in clear],
        functions=(results, gains),
    )


def results(outcomes: Sequence[MethodOutcome]) -> str:
    """All methods, group by group, the most accurate of each first."""
    head = ("", "method", "setting", "validation accuracy, %", "training accuracy, %", "epochs", "training, s")
    groups = (*LOSSES, REGULARISERS)
    ranked = sorted(outcomes, key=lambda outcome: (groups.index(outcome.group), -outcome.accuracy))
    return markdown.table(head, map(_row, ranked), left=3)


def base(outcomes: Sequence[MethodOutcome]) -> MethodOutcome:
    """Return the method that the regularisers were added to."""
    return next(outcome for outcome in outcomes if is_base(outcome.group, outcome.name))


def _row(outcome: MethodOutcome) -> tuple[str, ...]:
    accuracies = (markdown.spread(outcome.accuracies), markdown.spread(outcome.training_accuracies))
    epochs = sorted({len(curve) for curve in outcome.curves})
    passes = f"{epochs[0]}" if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]}"
    setting = f"`{outcome.knob}` {outcome.chosen:g}"
    return (outcome.family, outcome.name, setting, *accuracies, passes, markdown.rounded(outcome.seconds))


def gains(added: Sequence[MethodOutcome], plain: MethodOutcome) -> str:
    return ", ".join(f"{outcome.name} ({100 * (outcome.accuracy - plain.accuracy):+.2f})" for outcome in added)


def _noise(first: MethodOutcome, second: MethodOutcome) -> float:
    """Two standard errors of the difference of the means over the seeds."""
    return 2.0 * math.sqrt(sum(variance(outcome.accuracies) / len(outcome.accuracies) for outcome in (first, second)))


def draw(outcomes: Sequence[MethodOutcome]) -> Figure:
    """Learning curves for each loss, and the regularisers' errors at the end with every seed."""
    figure = Figure(figsize=(12, 4.4), layout="constrained")
    *curves, last = figure.subplots(1, len(LOSSES) + 1)
    for axes, (loss, title) in zip(curves, LOSSES.items(), strict=True):
        _curves(axes, [outcome for outcome in outcomes if outcome.group == loss], title)
        axes.sharey(curves[0])
    curves[0].set_ylabel("validation errors, %")
    plain = [outcome for outcome in outcomes if is_base(outcome.group, outcome.name)]
    _points(last, plain + [outcome for outcome in outcomes if outcome.group == REGULARISERS])
    return figure


def _curves(axes: Axes, outcomes: Sequence[MethodOutcome], title: str) -> None:
    """The mean over the seeds, in a band from the best to the worst of them."""
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
    """Each seed a dot, the mean a line; the first is what the others were added to."""
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
