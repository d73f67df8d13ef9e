"""The section of docs/operations.md on what many models cost."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from training.reports.markdown import table, wrapped

COUNTS = (1, 5, 20)  # models on a node
CLIENTS = 64
_MOST = 0.05  # of a request's processor time
_PARTS = ("jvm", "worker", "gateway")
_MIB = 1 << 20

Rows = Sequence[Mapping[str, Any]]


def costs(requests: Mapping[str, Rows]) -> list[float]:
    """Of each pair of rounds, the share of processor time that a request takes more with the most models."""
    pairs = zip(requests[str(COUNTS[-1])], requests[str(COUNTS[0])], strict=True)
    return [_spent(many) / _spent(one) - 1 for many, one in pairs]


def report(results: Mapping[str, Any]) -> str:
    """Return the report of the results of ``benchmarks.models``."""
    starts, requests, about = results["starts"], results["requests"], results["machine"]
    head = ["models", "first ready", "all ready", "JVM", "workers", "gateway"]
    lines = [[count, *_seconds(rows), *_memory(rows)] for count, rows in starts.items()]
    ratios = costs(requests)
    low, cost, high = statistics.quantiles(ratios, n=4)  # medians, for a busy minute costs one of a pair much more
    one, many = (requests[str(count)] for count in (COUNTS[0], COUNTS[-1]))
    met = "met" if cost <= _MOST else "**missed**"
    text = (
        f"Small models beside digits, each with one worker, on {about['cores']} cores ({about['processor']}); "
        f"memory is proportional (PSS). {CLIENTS} clients ask digits through the gateway, two nodes in turn: with "
        f"{COUNTS[-1]} models the processor time of a request changes by {cost:+.1%}, "
        f"by the median of {len(ratios)} pairs of rounds, half of the pairs {low:.1%} to {high:.1%}; "
        f"at most {_MOST:.0%}: {met}. Answers a second {_median(one, 'rate'):,.0f} and {_median(many, 'rate'):,.0f}, "
        f"p99 {_median(one, 'p99'):.1f} and {_median(many, 'p99'):.1f} ms."
    )
    return "\n".join([table(head, lines), "", wrapped(text), ""])


def _spent(row: Mapping[str, float]) -> float:
    return sum(row[part] for part in _PARTS)


def _seconds(rows: Rows) -> list[str]:
    return [f"{_median(rows, name):.1f} s" for name in ("first", "every")]


def _memory(rows: Rows) -> list[str]:
    """The memory of each part."""
    by_part = [{part: row["memory"][part]["pss"] / _MIB for part in _PARTS} for row in rows]
    return [f"{_median(by_part, part):.0f} MiB" for part in _PARTS]


def _median(rows: Rows, name: str) -> float:
    return float(statistics.median(row[name] for row in rows))
