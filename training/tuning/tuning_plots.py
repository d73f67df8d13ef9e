"""Plots of a study."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from training.reports import plots
from training.tuning import space
from training.tuning.space import Range
from training.tuning.study import Study, accuracy

_COMPLETE, _PRUNED, _BEST = "#0072b2", "#999999", "#d55e00"  # readable to colour-blind people: Okabe and Ito, 2008
_COARSE = (0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 30, 50, 80)
_FINE = (0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 30, 40, 50, 60, 80)
_ACROSS = 4  # panels per row


def draw(study: Study, weights: dict[str, float], folder: Path) -> None:
    """Write the plots of a study into ``folder``.

    weights  result of ``tuning_report.importances``; if empty, it is not plotted
    """
    drawn = {"tuning-history": history(study), "tuning-slices": slices(study)}
    if weights:
        drawn["tuning-importance"] = bars(weights)
    for name, figure in drawn.items():
        plots.save(figure, folder / f"{name}.png")


def history(study: Study) -> Figure:
    """Plot the errors of each trial in the order of the trials, and the fewest errors so far."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.subplots()
    _scatter(axes, study.finished, lambda trial: trial.number)
    complete = sorted(study.complete, key=lambda trial: trial.number)
    fewest = np.minimum.accumulate([_errors(trial) for trial in complete])
    numbers = [trial.number for trial in complete]
    axes.step(numbers, fewest, where="post", color=_BEST, label="fewest so far", zorder=1)
    axes.set(xlabel="trial")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _finish(axes)
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return figure


def slices(study: Study) -> Figure:
    """Plot errors against the values of each hyperparameter, in one panel each. The best trial is highlighted."""
    searched = study.settings.space.ranges
    rows = -(-len(searched) // _ACROSS)
    columns = min(_ACROSS, len(searched))
    figure = Figure(figsize=(3 * columns, 2.7 * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).flat
    for axes, (name, range_) in zip(panels, searched.items(), strict=False):
        _slice(axes, study, name, range_)
        if not axes.get_subplotspec().is_first_col():
            axes.set_ylabel("")
    for axes in list(panels)[len(searched) :]:
        axes.set_axis_off()
    figure.legend(*_legend(figure), loc="outside upper center", ncols=3, frameon=False)
    return figure


def bars(weights: dict[str, float]) -> Figure:
    """Plot the importances, the greatest on top."""
    figure = Figure(figsize=(7, 0.8 + 0.32 * len(weights)), layout="constrained")
    axes = figure.subplots()
    names = list(weights)
    drawn = axes.barh(names, [100 * weights[name] for name in names], color=_COMPLETE, height=0.6)
    axes.bar_label(drawn, fmt="%.0f %%", padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(xlabel="share of what single hyperparameters explain")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _slice(axes: Axes, study: Study, name: str, range_: Range) -> None:
    choices = range_.choices if isinstance(range_, CategoricalDistribution) else None

    def across(trial: FrozenTrial) -> Any:
        return choices.index(trial.params[name]) if choices else trial.params[name]

    _scatter(axes, study.finished, across)
    for best in study.complete[:1]:
        axes.scatter(across(best), _errors(best), s=90, facecolors="none", edgecolors=_BEST, linewidths=2, label="best")
    if isinstance(range_, CategoricalDistribution):
        words = [space.shown(label) for label in range_.choices]
        axes.set_xticks(range(len(words)), words, rotation=20 if max(map(len, words)) > 5 else 0)
        axes.set_xlim(-0.5, len(words) - 0.5)
    else:
        _measure(axes, range_)
    axes.set_xlabel(name)
    _finish(axes)


def _measure(axes: Axes, whole: IntDistribution | FloatDistribution) -> None:
    """Show the whole range on the x axis, with a margin for points at its ends."""
    if whole.log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
        room = (whole.high / whole.low) ** 0.05
        axes.set_xlim(whole.low / room, whole.high * room)
    else:
        room = 0.05 * (whole.high - whole.low)
        axes.set_xlim(whole.low - room, whole.high + room)


def _scatter(axes: Axes, trials: Sequence[FrozenTrial], across: Callable[[FrozenTrial], Any]) -> None:
    for state, look in (
        (TrialState.PRUNED, (_PRUNED, "x", "pruned")),
        (TrialState.COMPLETE, (_COMPLETE, "o", "complete")),
    ):
        some = [trial for trial in trials if trial.state == state]
        colour, marker, word = look
        if some:
            points = [across(trial) for trial in some], [_errors(trial) for trial in some]
            axes.scatter(*points, c=colour, marker=marker, s=24, label=word, zorder=2)


def _finish(axes: Axes) -> None:
    axes.set(yscale="log", ylabel="held-out errors, %")
    low, high = axes.get_ylim()
    plots.mark(axes, _FINE if high < 5 * low else _COARSE)
    plots.plain(axes)


def _legend(figure: Figure) -> tuple[list[Any], list[str]]:
    handles: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, word in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(word, handle)
    return list(handles.values()), list(handles)


def _errors(trial: FrozenTrial) -> float:
    """Return the errors in percent; at least 0.01, because a logarithmic axis cannot show 0."""
    return max(100 * (1 - accuracy(trial)), 0.01)
