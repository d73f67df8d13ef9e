"""Section of docs/faults.md on the failure of one node of three."""

from collections.abc import Mapping
from typing import Any

from resilience.cluster.clients import STEADY
from resilience.cluster.faults import FAULTS
from training.reports.markdown import rounded, table
from training.reports.page import render

# Milliseconds: the edge waits for two stuck nodes, one after the other, before it tries a third. Each wait takes the
# edge's timeout server.
MOST_P99 = 1000.0
_HEAD = ("fault", "sent", "failed", "wrong", "p50", "p99", "max", "longest gap", "out", "READY", "back", "too early")


def section(results: Mapping[str, Mapping[str, Any]], machine: Mapping[str, str]) -> str:
    """Return the section with the figures of each fault; empty text if there are no figures."""
    if not results:
        return ""
    rows = [_row(fault.title, results[fault.name]) for fault in FAULTS if fault.name in results]
    return render(
        __file__,
        machine=machine,
        steady=STEADY,
        faults=table(_HEAD, rows),
        sent=sum(result["sent"] for result in results.values()),
        bad=sum(result["failed"] + result["wrong"] for result in results.values()),
        worst=rounded(max(result["p99"] for result in results.values())),
        most=MOST_P99,
    )


def _row(title: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    times = figures["times"]
    counts = [f"{figures[name]:,}" for name in ("sent", "failed", "wrong")]
    latencies = [rounded(figures[name]) for name in ("p50", "p99", "most", "gap")]
    ready = rounded(times["ready"]) if times["ready"] else "always"
    return (title, *counts, *latencies, rounded(times["out"]), ready, rounded(times["back"]), str(times["astray"]))
