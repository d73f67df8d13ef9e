"""Section of docs/gateway.md on throughput with and without the gateway."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from training.reports.markdown import table, wrapped
from training.reports.page import render

CLIENTS = 64
MOST = 0.15  # share of the throughput that the gateway may cost
_MATCHES = (  # a route through the gateway, and the direct route that it is compared with
    ("bare HAProxy", "direct", "HAProxy without rules, no TLS"),
    ("gateway", "direct", "no TLS"),
    ("gateway, TLS", "direct, TLS", "TLS of the gateway against TLS of TorchServe"),
    ("gateway, TLS", "direct", "TLS of the gateway against no TLS"),
)
_PARTS = ("clients", "gateway", "jvm", "worker")
_KINDS = {
    "bare": "only these two",
    "library": "what Python's requests sends",
    "browser": "what Chrome sends, with a cookie",
}


def report(results: Mapping[str, Any]) -> str:
    """Return the section on the results of ``benchmarks.gateway``."""
    rounds = results["rounds"]
    return render(
        __file__,
        **results,
        **results["machine"],
        clients=CLIENTS,
        count=len(next(iter(next(iter(rounds.values())).values()))),
        least=1 - MOST,
        ratios=table(
            ("through the gateway", *rounds),
            [
                (title, *(_spread(ratios(round_, way, direct)) for round_ in rounds.values()))
                for way, direct, title in _MATCHES
            ],
        ),
        verdict=_verdict(rounds),
        times=table(("clients", "route", "answers/s", *_PARTS, "all"), list(_time_rows(rounds)), left=2),
        kinds="; ".join(f"*{kind}*, {_KINDS[kind]}" for kind in rounds),
    )


Rounds = Mapping[str, Sequence[Mapping[str, float]]]


def ratios(rounds: Rounds, way: str, direct: str) -> list[float]:
    """Return the throughput of each round, relative to the direct route."""
    return [ours["rate"] / theirs["rate"] for ours, theirs in zip(rounds[way], rounds[direct], strict=True)]


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _verdict(rounds: Mapping[str, Rounds]) -> str:
    met: list[str] = []
    missed: list[str] = []
    for way, direct, title in _MATCHES[1:]:
        for kind, round_ in rounds.items():
            left = statistics.median(ratios(round_, way, direct))
            (met if left >= 1 - MOST else missed).append(f"{title}, {kind} clients")
    verdict = [f"Met: {'; '.join(met) or 'none'}."] + ([f"**Missed**: {'; '.join(missed)}."] if missed else [])
    return wrapped(" ".join(verdict))


def _time_rows(rounds: Mapping[str, Rounds]) -> list[tuple[str, ...]]:
    rows = []
    for kind, round_ in rounds.items():
        for way, measured in round_.items():
            parts = [statistics.median(row[part] for row in measured) for part in _PARTS]
            rate = statistics.median(row["rate"] for row in measured)
            rows.append((kind, way, f"{rate:,.0f}", *(f"{part:.1f}" for part in parts), f"{sum(parts):.1f}"))
    return rows
