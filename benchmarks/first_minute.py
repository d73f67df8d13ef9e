"""Throughput and latency in the first minute after this service is ready."""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks import bodies, ours
from benchmarks.contender import Dialect
from benchmarks.load import measure_right
from benchmarks.results import Content
from benchmarks.targets import Target
from training.reports.markdown import table
from training.reports.page import render

FILE = "first_minute.json"
CLIENTS, SECONDS = 64, 60
_FIRST, _LAST = 10, 20  # compared seconds at the start and at the end
_SHARE = 0.8  # least ratio of the figures of the first seconds to those of the last
_STEP = 5  # seconds in a row of the table


def run(_: argparse.Namespace, directory: Path) -> Content:
    """Measure a service that has just started. Raises LoadToolError for a wrong answer."""
    with ours.fresh(directory) as service:
        load = bodies.checked(service.endpoint(Dialect.RAW), Dialect.RAW)
        measurements = [measure_right(load, CLIENTS, 1) for _ in range(SECONDS)]
    return {
        "clients": CLIENTS,
        "rates": [measurement.rate for measurement in measurements],
        "p99": [measurement.p99 for measurement in measurements],
    }


def section(content: Content) -> str:
    rates, tails = content["rates"], content["p99"]
    rows = [
        (
            f"{at + 1} to {at + _STEP}",
            f"{statistics.mean(rates[at : at + _STEP]):,.0f}",
            f"{max(tails[at : at + _STEP]):.1f}",
        )
        for at in range(0, len(rates), _STEP)
    ]
    return render(__file__, **content, table=table(("second", "requests/s", "worst p99, ms"), rows))


def targets(content: Content) -> list[Target]:
    """Return the target, which compares the mean rate and the median p99 of the first and of the last seconds."""
    first, last = (_part(content, part) for part in (slice(_FIRST), slice(-_LAST, None)))
    share, tail = first[0] / last[0], last[1] / first[1]
    text = f"{100 * share:.0f} % ({first[0]:,.0f} of {last[0]:,.0f}/s); p99 {first[1]:.1f} ms, later {last[1]:.1f} ms"
    words = (
        f"first {_FIRST} s after READY at {CLIENTS} clients: {100 * _SHARE:.0f} % of the last {_LAST} s, p99 included"
    )
    return [Target(words, text, min(share, tail) >= _SHARE)]


def draw(content: Content) -> Figure:
    """Draw requests per second, and p99 below, over seconds."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    rate, tail = figure.subplots(2, 1, sharex=True)
    seconds = range(1, len(content["rates"]) + 1)
    rate.plot(seconds, content["rates"], color="#d55e00")
    rate.set(title=f"The first minute under {content['clients']} clients", ylabel="requests/s", ylim=(0, None))
    tail.plot(seconds, content["p99"], color="#333333")
    tail.set(xlabel="second after READY", ylabel="p99, ms", ylim=(0, None))
    return figure


def _part(content: Content, part: slice) -> tuple[float, float]:
    """Return the mean rate and the median p99 of a part of the seconds."""
    rates: Sequence[float] = content["rates"][part]
    tails: Sequence[float] = content["p99"][part]
    return statistics.mean(rates), statistics.median(tails)
