"""Soak test: minutes of steady load with checked answers, and their section of docs/performance.md."""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import bodies, memory, ours
from benchmarks.contender import Dialect
from benchmarks.load import measure
from benchmarks.results import Content
from benchmarks.targets import Target
from training.reports.markdown import table
from training.reports.page import render

FILE = "soak.json"
_MINUTES, _CLIENTS = 10, 64
_FLAT = 0.05  # relative growth of memory that is acceptable
_MIB = 2**20
_SLICE = 10  # seconds of a measurement


def run(args: argparse.Namespace, directory: Path) -> Content:
    """Run the load with raw bytes. Return measurements of consecutive slices of time, and samples of memory by part.

    Raises AnswerError for a wrong answer before the load. Later failures are counted.
    """
    with ours.fresh(directory) as service:
        load = bodies.checked(service.endpoint(Dialect.RAW), Dialect.RAW)
        began = time.monotonic()
        slices: list[dict[str, Any]] = []
        with memory.watched(service.pids, began) as samples:
            while (at := time.monotonic() - began) < args.seconds:
                measurement = measure(load, _CLIENTS, min(_SLICE, max(1, args.seconds - at)))
                slices.append({"at": round(at, 1), **vars(measurement)})
                print(
                    f"soak {at:4.0f} s: {measurement.rate:,.0f}/s, p99 {measurement.p99:.2f} ms {measurement.failure}",
                    flush=True,
                )
    contender = ours.DigitsServer()
    return {
        **{key: value for key, value in contender.about(contender.versions()).items() if key != "role"},
        "clients": _CLIENTS,
        "seconds": round(time.monotonic() - began),
        "slices": slices,
        "memory": samples,
    }


def section(content: Content) -> str:
    slices = content["slices"]
    rates = [slice_["rate"] for slice_ in slices]
    rows = [
        (part, f"{early / _MIB:,.0f}", f"{late / _MIB:,.0f}", f"{100 * (late / early - 1):+.1f} %")
        for part, (early, late) in early_and_late(content).items()
    ]
    return render(
        __file__,
        **content,
        minutes=content["seconds"] / 60,
        requests=sum(slice_["requests"] for slice_ in slices),
        failures=failures(content),
        rate=statistics.median(rates),
        slice=content["seconds"] / len(slices),
        low=min(rates),
        p99=max(slice_["p99"] for slice_ in slices),
        figures=table(("part", "after the first quarter, MiB", "at the end, MiB", "growth"), rows),
    )


def targets(content: Content) -> list[Target]:
    """Return the targets. A run that is too short can miss a target, but not meet it."""
    failed = failures(content)
    growth = {part: late / early - 1 for part, (early, late) in early_and_late(content).items()}
    minutes = content["seconds"] / 60
    flat = bool(growth) and all(grown <= _FLAT for grown in growth.values())
    grown = ", ".join(f"{part} {100 * by:+.1f} %" for part, by in growth.items())
    where = f"{_MINUTES} minutes at {content['clients']} clients"
    return [
        Target(f"{where}: no failure", f"{failed} in {minutes:.0f} minutes", _met(failed == 0, minutes)),
        Target(f"{where}: memory flat, within {100 * _FLAT:.0f} %", grown or "not measured", _met(flat, minutes)),
    ]


def _met(good: bool, minutes: float) -> bool | None:
    return good if minutes >= _MINUTES or not good else None


def failures(content: Content) -> int:
    return sum(slice_["wrong"] + slice_["errors"] for slice_ in content["slices"])


def early_and_late(content: Content) -> dict[str, tuple[float, float]]:
    """Return part -> median bytes in the second and in the last quarter of the samples."""
    series = memory.by_time(content["memory"])
    return {part: (_quarter(points, 1), _quarter(points, 3)) for part, points in series.items() if len(points) >= 4}


def _quarter(points: Sequence[tuple[float, float]], index: int) -> float:
    size = len(points) // 4
    return statistics.median(bytes_ for _, bytes_ in points[index * size : (index + 1) * size])
