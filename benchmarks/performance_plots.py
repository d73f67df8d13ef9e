"""Plots of the performance report, as PNG. They are readable without colour, with values beside the marks."""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from benchmarks import first_minute, soak
from benchmarks.comparison import Result, results
from benchmarks.contender import Role
from benchmarks.memory import by_time
from benchmarks.performance_tables import milliseconds
from benchmarks.results import Content
from benchmarks.summary import Competitor, Summary
from benchmarks.targets import NAMES
from training.reports import plots

_ORDER_CLIENTS = 64  # clients of the load that determines the order of rows
_COLOURS = {
    Role.OURS: "#d55e00",
    Role.PEER: "#0072b2",
    Role.AIDED: "#56b4e9",
    Role.LIMIT: "#555555",
}  # Okabe and Ito, 2008
_MARKS = {Role.OURS: "o", Role.PEER: "s", Role.AIDED: "^", Role.LIMIT: "D"}
_MIB = 2**20


Row = list[Competitor]  # one contender, or the limit with each number of threads


def draw(summary: Summary, folder: Path) -> list[Path]:
    """Draw all plots for which the summary has figures. Return their files."""
    drawn: dict[str, Figure] = {}
    if rows := _rows(summary):
        drawn |= {"throughput": throughput(summary, rows), "latency": latency(summary, rows)}
    if minute := summary.extras.get(first_minute.FILE):
        drawn["first-minute"] = first_minute.draw(minute)
    if soaked := summary.extras.get(soak.FILE):
        drawn["soak"] = soak_memory(soaked)
    for name, figure in drawn.items():
        plots.save(figure, folder / f"performance-{name}.png")
    return [folder / f"performance-{name}.png" for name in drawn]


def throughput(summary: Summary, rows: Sequence[Row]) -> Figure:
    """Draw requests per second, with a panel for each number of clients."""

    def paint(axes: Axes, row: int, best: Result) -> None:
        spread = best.figures.rate
        axes.plot([spread.low, spread.high], [row, row], color=_COLOURS[best.competitor.role], linewidth=1)
        _mark(axes, best.competitor, row, spread.median)
        _write(axes, best.competitor, row, spread.high, f"{spread.median:,.0f}")

    title = "Requests a second, logarithmic: further right is better"
    title += ". Each server in its fastest dialect; the dashed line is this service"
    return _chart(rows, summary.plan.clients, title, "requests/s", paint)


def latency(summary: Summary, rows: Sequence[Row]) -> Figure:
    """Draw latency from p50 to p99, at one client and at 64."""

    def paint(axes: Axes, row: int, best: Result) -> None:
        p50, p99 = best.figures.p50.median, best.figures.p99.median
        colour = _COLOURS[best.competitor.role]
        axes.plot([p50, p99], [row, row], color=colour, linewidth=3, alpha=0.5, solid_capstyle="butt")
        axes.plot([p99], [row], "|", color=colour, markersize=10)
        _mark(axes, best.competitor, row, p50)
        _write(axes, best.competitor, row, p99, f"{milliseconds(p50)} .. {milliseconds(p99)}")

    shown = [clients for clients in (1, _ORDER_CLIENTS) if clients in summary.plan.clients]
    title = "Latency from p50 (mark) to p99 (bar's end) in ms, logarithmic: further left is better"
    return _chart(rows, shown, title, "ms", paint)


def soak_memory(content: Content) -> Figure:
    """Draw memory of each part, and requests per second below, over minutes."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    memory, rate = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    parts = by_time(content["memory"]).items()
    for (part, points), colour, style in zip(parts, ("#0072b2", "#d55e00", "#009e73"), "-:-", strict=False):
        minutes, sizes = [at / 60 for at, _ in points], [size / _MIB for _, size in points]
        memory.plot(minutes, sizes, color=colour, linestyle=style, linewidth=2)
        end, text = (minutes[-1], sizes[-1]), f"{part}: {sizes[-1]:,.0f} MiB"
        memory.annotate(text, end, (6, 0), textcoords="offset points", va="center", color=colour)
    memory.set(title=f"Memory under {content['clients']} clients (resident)", ylabel="MiB")
    rate.plot(
        [point["at"] / 60 for point in content["slices"]],
        [point["rate"] for point in content["slices"]],
        color="#333333",
    )
    rate.set(title="Right answers a second", xlabel="minutes")
    for axes in (memory, rate):
        axes.set_ylim(bottom=0)
        plots.plain(axes)
    return figure


def _rows(summary: Summary) -> list[Row]:
    """Return the rows from the slowest to the fastest at 64 clients. The plot has the fastest at the top."""
    clients = _ORDER_CLIENTS if _ORDER_CLIENTS in summary.plan.clients else summary.plan.clients[-1]
    rows = [[competitor] for competitor in summary.competitors if competitor.role is not Role.LIMIT] + [
        summary.of_role(Role.LIMIT)
    ]
    measured = [(row, best.rate) for row in rows if (best := _best(row, clients))]
    return [row for row, _ in sorted(measured, key=lambda pair: pair[1])]


def _best(row: Row, clients: int) -> Result | None:
    return max(results(row, clients), key=lambda result: result.rate, default=None)


def _chart(
    rows: Sequence[Row], clients: Sequence[int], title: str, unit: str, paint: Callable[[Axes, int, Result], None]
) -> Figure:
    """Return a panel for each number of clients, in which each row is painted in its fastest dialect."""
    figure = Figure(figsize=(4 + 2.5 * len(clients), 1.5 + 0.36 * len(rows)), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    panels: list[Axes] = list(figure.subplots(1, len(clients), sharex=True, sharey=True, squeeze=False)[0])
    panels[0].set_yticks(range(len(rows)), [_label(row) for row in rows])
    panels[0].set_ylim(-0.7, len(rows) - 0.3)
    for label, row in zip(panels[0].get_yticklabels(), rows, strict=True):
        label.set_color(_COLOURS[row[0].role])
        label.set_fontweight("bold" if row[0].role is Role.OURS else "normal")
    for number, axes in zip(clients, panels, strict=True):
        axes.set_title(f"{number} client{'s' if number > 1 else ''}", fontsize=11)
        for index, row in enumerate(rows):
            if best := _best(row, number):
                paint(axes, index, best)
    _scale(panels, unit)
    return figure


def _label(row: Row) -> str:
    if row[0].role is Role.LIMIT:
        return "the limit: a static answer"
    best = _best(row, _ORDER_CLIENTS)
    return f"{row[0].title}, {NAMES[best.kind]}" if best else row[0].title


def _mark(axes: Axes, competitor: Competitor, row: int, x: float) -> None:
    """Draw a mark, and for this service a vertical line, with which other rows are compared."""
    axes.plot([x], [row], _MARKS[competitor.role], color=_COLOURS[competitor.role], markersize=7)
    if competitor.role is Role.OURS:
        axes.axvline(x, color=_COLOURS[competitor.role], linestyle="--", linewidth=1, alpha=0.6, zorder=0)


def _write(axes: Axes, competitor: Competitor, row: int, x: float, text: str) -> None:
    """Write a value to the right of the mark at x."""
    weight = "bold" if competitor.role is Role.OURS else "normal"
    note = axes.annotate(text, (x, row), (8, 0), textcoords="offset points", va="center", fontsize=8, fontweight=weight)
    note.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85})


def _scale(panels: Sequence[Axes], unit: str) -> None:
    """Set a logarithmic axis for all panels, with space for the values beside the marks."""
    first = panels[0]
    first.set_xscale("log")
    low, high = first.get_xlim()
    first.set_xlim(low, high * (high / low) ** 0.4)
    first.xaxis.set_major_locator(LogLocator(numticks=8))
    first.xaxis.set_major_formatter(FuncFormatter(_tick))
    first.xaxis.set_minor_locator(NullLocator())
    for axes in panels:
        axes.set_xlabel(unit)
        axes.grid(axis="both", alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)


def _tick(value: float, _: int) -> str:
    """Return a short label: 0.1, 10, 10k, 10M."""
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"
