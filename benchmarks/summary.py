"""Summary of the results: medians and spreads. It is small, and stored beside the report."""

import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.contender import Role
from benchmarks.load import Measurement
from benchmarks.plan import Plan
from benchmarks.results import Content, Results

_POINT = re.compile(r"rounds/(\d+)/[^/]+/([a-z0-9]+)-(\d+)")


@dataclass(frozen=True)
class Spread:
    """Median, minimum and maximum of the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        rounds = list(values)
        return cls(statistics.median(rounds), min(rounds), max(rounds))


@dataclass(frozen=True)
class LoadFigures:
    """Requests per second and latency in ms, for one kind of request and one number of clients."""

    rate: Spread
    p50: Spread
    p90: Spread
    p99: Spread
    rounds: int


@dataclass(frozen=True)
class Competitor:
    """Summary of one contender.

    start     seconds to the first right answer; None without such an answer
    memory    part -> median number of processes and bytes after the load
    figures   dialect, or ``many`` for many images in one request -> number of clients, as text -> figures
    failures  messages of failed measurements, which are not part of the figures
    """

    name: str
    title: str
    settings: str
    role: Role
    versions: dict[str, str]
    start: Spread | None
    memory: dict[str, dict[str, int]]
    figures: dict[str, dict[str, LoadFigures]]
    failures: list[str]

    def at(self, kind: str, clients: int) -> LoadFigures | None:
        return self.figures.get(kind, {}).get(str(clients))

    @property
    def kinds(self) -> list[str]:
        """Return the measured dialects."""
        return [kind for kind in self.figures if kind != "many"]


@dataclass(frozen=True)
class Speed:
    """Images per second of the network in this process, for one way, batch size and number of threads."""

    way: str
    batch: int
    threads: int
    rate: Spread


@dataclass(frozen=True)
class Summary:
    """Summary from which the report is computed.

    busy    largest busy share of the cores before a start, percent
    extras  file name -> results of further measurements, such as soak, training and formats
    """

    plan: Plan
    machine: dict[str, str]
    versions: dict[str, str]
    began: str
    ended: str
    competitors: list[Competitor]
    arithmetic: list[Speed]
    busy: float
    extras: dict[str, Any]

    def of_role(self, role: Role) -> list[Competitor]:
        return [competitor for competitor in self.competitors if competitor.role is role]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return the summary in a JSON file. Raises FileNotFoundError."""
        content = json.loads(file.read_text(), object_hook=_restored)
        competitors = [Competitor(**{**item, "role": Role(item["role"])}) for item in content["competitors"]]
        return cls(**{**content, "plan": Plan.of(content["plan"]), "competitors": competitors})


def _restored(content: dict[str, Any]) -> Any:
    """Return a JSON object as Spread, LoadFigures or Speed if it has the fields of one, else as a dictionary."""
    kinds = (kind for kind in (Spread, LoadFigures, Speed) if content.keys() == set(kind.__match_args__))
    return next(kinds, dict)(**content)


def summarise(results: Results) -> Summary | None:
    """Return the summary of all rounds, without extras; None if nothing was measured."""
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
        extras={},
    )


def _order(competitor: Competitor) -> tuple[int, float]:
    """Return the sort key: this service, then peers from the fastest to the slowest, then the limit."""
    rates = [figures.rate.median for kind in competitor.kinds for figures in competitor.figures[kind].values()]
    return list(Role).index(competitor.role), -max(rates, default=0.0)


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


def _figures(points: Mapping[tuple[str, int], Sequence[Measurement]]) -> dict[str, dict[str, LoadFigures]]:
    figures: dict[str, dict[str, LoadFigures]] = defaultdict(dict)
    for (kind, clients), rounds in sorted(points.items()):
        spreads = {
            name: Spread.of(getattr(round_, name) for round_ in rounds) for name in ("rate", "p50", "p90", "p99")
        }
        figures[kind][str(clients)] = LoadFigures(**spreads, rounds=len(rounds))
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
