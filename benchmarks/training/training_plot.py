"""Training times of all trainers, as PNG."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.training.trainers import ASLEEP, PRODUCT
from benchmarks.training.training_figures import Row, rows
from inference import files

NAME = "performance-training.png"
_WHOLE, _OURS, _OTHER = "#cccccc", "#d55e00", "#0072b2"  # Okabe and Ito, 2008


def draw(content: dict[str, Any]) -> Figure:
    trainers = rows(content)
    figure = Figure(figsize=(9, 0.6 * len(trainers) + 1.0), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(trainers):
        _bar(axes, place, row)
    axes.set_yticks(range(len(trainers)), [row.title.replace("`", "") for row in trainers])
    axes.invert_yaxis()
    axes.set(xlabel="seconds; grey: the whole process, coloured: of these, training")
    axes.set_xlim(0, 1.6 * max(row.whole for row in trainers))  # room for what is written after the longest bar
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def save(content: dict[str, Any], path: Path) -> None:
    with files.replacing(path) as partial:
        draw(content).savefig(partial, dpi=110, metadata={"Software": None})


def _bar(axes: Axes, place: int, row: Row) -> None:
    axes.barh(place, row.whole, color=_WHOLE, height=0.6)
    text = f" {row.whole:.1f} s, {100 * row.accuracy:.2f} % right"
    if row.seconds is not None:
        axes.barh(place, row.seconds, color=_OURS if row.name in (PRODUCT, ASLEEP) else _OTHER, height=0.35)
        text = f" {row.seconds:.1f} s of{text}"
    axes.text(row.whole, place, text, va="center", fontsize=9)
