"""Plots of answers per second under overload, and of memory over a long time, as PNG."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.memory import by_time
from training.reports import plots

OVERLOAD_PICTURE, SOAK_PICTURE = "faults-overload.png", "faults-soak.png"
_COLOURS = {"right": "#d55e00", "refused": "#0072b2"}  # Okabe and Ito, 2008
_MIB = 2**20

Row = Mapping[str, Any]


def draw(results: Mapping[str, Row], folder: Path) -> None:
    """Write the plots of the results."""
    for name, picture, plot in (("overload", OVERLOAD_PICTURE, overload), ("soak", SOAK_PICTURE, soak)):
        if name in results:
            figure = Figure(figsize=(9, 3), layout="constrained")
            axes = figure.subplots()
            plot(axes, results[name]["facts"])
            axes.set(xlabel="seconds", ylim=(0, None))
            axes.legend(loc="center right")
            axes.spines[["top", "right"]].set_visible(False)
            plots.save(figure, folder / picture)


def overload(axes: Axes, facts: Row) -> None:
    for kind, counts in facts["series"].items():
        axes.plot(counts, color=_COLOURS[kind], label=kind)
    for rate, words in ((facts["peak"], "the peak"), (2 * facts["peaks"][0], "what is sent")):
        axes.axhline(rate, color="#999999", linestyle="--")
        axes.annotate(words, (0, rate), va="bottom", fontsize=8)
    axes.set(ylabel="answers a second")


def soak(axes: Axes, facts: Row) -> None:
    for part, points in by_time(facts["memory"]).items():
        axes.plot([at for at, _ in points], [size / _MIB for _, size in points], label=part)
    axes.set(ylabel="MiB resident")
