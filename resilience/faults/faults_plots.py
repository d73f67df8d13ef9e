"""Plots of answers per second under overload, and of memory over a long time, as PNG."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from training.reports import plots

OVERLOAD_PICTURE, SOAK_PICTURE = "faults-overload.png", "faults-soak.png"
_COLOURS = {"right": "#d55e00", "refused": "#0072b2"}  # Okabe and Ito, 2008
_MIB = 2**20

Row = Mapping[str, Any]


def draw(results: Mapping[str, Row], folder: Path) -> None:
    """Write the plots of the results."""
    for name, picture, drawn in (("overload", OVERLOAD_PICTURE, overload), ("soak", SOAK_PICTURE, soak)):
        if name in results:
            plots.save(drawn(results[name]), folder / picture)


def overload(row: Row) -> Figure:
    facts = row["facts"]
    figure = Figure(figsize=(9, 3), layout="constrained")
    axes = figure.subplots()
    for kind, counts in facts["series"].items():
        axes.plot(counts, color=_COLOURS[kind], label=kind)
    for rate, words in ((facts["peak"], "the peak"), (2 * facts["peaks"][0], "what is sent")):
        axes.axhline(rate, color="#999999", linestyle="--")
        axes.annotate(words, (0, rate), va="bottom", fontsize=8)
    axes.set(xlabel="seconds", ylabel="answers a second")
    axes.set_ylim(bottom=0)
    axes.legend(loc="center right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def soak(row: Row) -> Figure:
    samples = row["facts"]["memory"]
    figure = Figure(figsize=(9, 3), layout="constrained")
    axes = figure.subplots()
    for part in sorted({part for sample in samples for part in sample} - {"at"}):
        known = [(sample["at"], sample[part] / _MIB) for sample in samples if part in sample]
        axes.plot(*zip(*known, strict=True), label=part)
    axes.set(xlabel="seconds", ylabel="MiB resident")
    axes.set_ylim(bottom=0)
    axes.legend(loc="center right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
