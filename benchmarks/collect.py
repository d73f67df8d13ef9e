"""From the results of every round to their summary."""

import re
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import sections
from benchmarks.load import Measurement
from benchmarks.plan import Plan, Role
from benchmarks.results import Content, Results
from benchmarks.summary import Competitor, LoadFigures, Speed, Spread, Summary

_POINT = re.compile(r"rounds/(\d+)/[^/]+/([a-z0-9]+)-(\d+)")


def summarise(results: Results) -> Summary | None:
    """None if nothing was measured."""
    plan = results.get("plan")
    if plan is None:
        return None
    names = [key.removeprefix("contenders/") for key in results.keys("contenders/*")]
    competitors = [_competitor(results, name) for name in names]
    return Summary(
        plan=Plan.of(plan["plan"]),
        machine=plan["machine"],
        versions=plan["versions"],
        began=plan["began"],
        ended=(results.get("done") or {}).get("at", "not finished"),
        competitors=sorted(competitors, key=_order),
        arithmetic=_arithmetic(results.all("rounds/*/arithmetic")),
        busy=max((start["busy"] for start in results.all("rounds/*/*/start")), default=0.0),
        extras=sections.extras(results),
    )


def _order(competitor: Competitor) -> tuple[int, float]:
    """This service, then its peers from the fastest to the slowest, then the limit."""
    clients = {number for points in competitor.figures.values() for number in points}
    return list(Role).index(competitor.role), -max((competitor.best(number) for number in clients), default=0.0)


def _competitor(results: Results, name: str) -> Competitor:
    about: Content = results.get(f"contenders/{name}") or {}
    starts = [start["seconds"] for start in results.all(f"rounds/*/{name}/start")]
    points: dict[tuple[str, int], list[Measurement]] = defaultdict(list)
    failures = [failure["reason"] for failure in results.all(f"rounds/*/{name}/failure")]
    for key in results.keys(f"rounds/*/{name}/*-*"):
        failure = _POINT.fullmatch(key)
        assert failure
        measured = Measurement(**results.get(key) or {})
        if measured.failure:
            failures.append(f"round {failure[1]}, {failure[2]}, {failure[3]} clients: {measured.failure}")
        else:
            points[failure[2], int(failure[3])].append(measured)
    return Competitor(
        name=name,
        **{**about, "role": Role(about["role"])},
        start=Spread.of(starts) if starts else None,
        memory=_memory(results.all(f"rounds/*/{name}/memory")),
        figures=_figures(points),
        failures=failures,
    )


def _figures(points: Mapping[tuple[str, int], Sequence[Measurement]]) -> dict[str, dict[int, LoadFigures]]:
    figures: dict[str, dict[int, LoadFigures]] = defaultdict(dict)
    for (kind, clients), rounds in sorted(points.items()):
        spreads = {
            name: Spread.of(getattr(round_, name) for round_ in rounds) for name in ("rate", "p50", "p90", "p99")
        }
        figures[kind][clients] = LoadFigures(**spreads, rounds=len(rounds))
    return dict(figures)


def _memory(rounds: Sequence[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    parts = sorted({part for round_ in rounds for part in round_})
    return {
        part: {
            name: int(statistics.median(round_[part][name] for round_ in rounds if part in round_))
            for name in ("processes", "rss", "pss", "uss")
        }
        for part in parts
    }


def _arithmetic(rounds: Sequence[Mapping[str, Any]]) -> list[Speed]:
    rates: dict[tuple[str, int, int], list[float]] = defaultdict(list)
    for round_ in rounds:
        for speed in round_["sweep"]:
            rates[speed["way"], speed["batch"], speed["threads"]].append(speed["rate"])
    return [Speed(*key, Spread.of(values)) for key, values in sorted(rates.items())]
