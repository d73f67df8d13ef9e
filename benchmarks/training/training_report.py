"""Section of docs/performance.md on training, and its plot."""

import statistics
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.performance_tables import named
from benchmarks.targets import Target
from benchmarks.training.trainers import ASLEEP, PRODUCT, SEED
from training.reports.markdown import table
from training.reports.page import render

FILE = "training.json"
PICTURE = "performance-training.png"
_RATIO = 10.0
_WHOLE, _OURS, _OTHER = "#cccccc", "#d55e00", "#0072b2"  # Okabe and Ito, 2008


@dataclass(frozen=True)
class Row:
    """Medians over the rounds. ``seconds`` is None if the process does more than train."""

    name: str
    title: str
    settings: str
    seconds: float | None
    whole: float
    accuracy: float
    versions: dict[str, str]


def rows(content: dict[str, Any]) -> list[Row]:
    rows = []
    for name, about in content["trainers"].items():
        own = [result for result in content["results"] if result["trainer"] == name]
        seconds = [result["seconds"] for result in own if result["seconds"] is not None]
        whole, accuracy = (statistics.median(result[key] for result in own) for key in ("whole", "accuracy"))
        training = statistics.median(seconds) if seconds else None
        rows.append(Row(name, about["title"], about["settings"], training, whole, accuracy, own[0]["versions"]))
    return rows


def draw(content: dict[str, Any]) -> Figure:
    trainers = rows(content)
    figure = Figure(figsize=(9, 0.6 * len(trainers) + 1.0), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(trainers):
        _bar(axes, place, row)
    axes.set_yticks(range(len(trainers)), [row.title.replace("`", "") for row in trainers])
    axes.invert_yaxis()
    axes.set(xlabel="seconds; grey: the whole process, coloured: of these, training")
    axes.set_xlim(0, 1.6 * max(row.whole for row in trainers))  # space for the text after the longest bar
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _bar(axes: Axes, place: int, row: Row) -> None:
    axes.barh(place, row.whole, color=_WHOLE, height=0.6)
    text = f" {row.whole:.1f} s, {100 * row.accuracy:.2f} % right"
    if row.seconds is not None:
        axes.barh(place, row.seconds, color=_OURS if row.name in (PRODUCT, ASLEEP) else _OTHER, height=0.35)
        text = f" {row.seconds:.1f} s of{text}"
    axes.text(row.whole, place, text, va="center", fontsize=9)


def section(content: dict[str, Any]) -> str:
    trainers = rows(content)
    return render(
        __file__,
        **content,
        table=_table(trainers),
        versions=named(
            {name: version for row in trainers for name, version in row.versions.items() if name != "numpy"}
        ),
        last=len(content["seeds"]) - 1,
        accuracies=", ".join(f"{100 * seed:.2f}" for seed in content["seeds"]),
    )


def targets(content: dict[str, Any]) -> list[Target]:
    """Return the target for the speed, and for the accuracy of the seed with each random seed."""
    by_name = {row.name: row for row in rows(content)}
    seed, least = by_name[SEED], min(content["seeds"])
    ratio = _ratio(seed.seconds, by_name[PRODUCT].seconds)
    words = f"training to the seed's accuracy: {_RATIO:.0f}x as fast as the seed's Keras code"
    accuracies = f"{100 * least:.2f} % against {100 * seed.accuracy:.2f} %"
    measured = f"{by_name[PRODUCT].title}: {ratio:.1f}x; least accuracy {accuracies}"
    return [Target(words, measured, ratio >= _RATIO and least >= seed.accuracy)]


def _table(trainers: list[Row]) -> str:
    head = ("trainer", "settings", "training, s", "to Keras", "whole process, s", "to Keras", "test accuracy, %")
    (seed,) = (row for row in trainers if row.name == SEED)
    return table(head, [_cells(row, seed) for row in trainers], left=2)


def _cells(row: Row, seed: Row) -> tuple[str, ...]:
    training = ("-", "-") if row.seconds is None else _speed(row.seconds, seed.seconds)
    return (row.title, row.settings, *training, *_speed(row.whole, seed.whole), f"{100 * row.accuracy:.2f}")


def _speed(seconds: float, seed: float | None) -> tuple[str, str]:
    return f"{seconds:.2f}", f"{_ratio(seed, seconds):.1f}x"


def _ratio(slower: float | None, faster: float | None) -> float:
    assert slower is not None
    assert faster is not None
    return slower / faster
