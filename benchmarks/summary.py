"""Summary of the results: medians and spreads, small enough to keep beside the report."""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from benchmarks.plan import Plan, Role


@dataclass(frozen=True)
class Spread:
    """The median of the rounds, their least and their greatest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        rounds = list(values)
        return cls(statistics.median(rounds), min(rounds), max(rounds))


@dataclass(frozen=True)
class LoadFigures:
    """Requests a second, and latency in ms, for one kind of request and one number of clients."""

    rate: Spread
    p50: Spread
    p90: Spread
    p99: Spread
    rounds: int

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        spreads = {name: Spread(**content[name]) for name in ("rate", "p50", "p90", "p99")}
        return cls(**spreads, rounds=content["rounds"])


@dataclass(frozen=True)
class Competitor:
    """Summary of one contender.

    start     seconds to the first right answer; None if it never came
    memory    part -> median number of processes and bytes after the load
    figures   dialect, or ``many`` for one request with many images -> clients -> figures
    failures  what went wrong, in words; such measurements are in none of the figures
    """

    name: str
    title: str
    settings: str
    role: Role
    versions: dict[str, str]
    start: Spread | None
    memory: dict[str, dict[str, int]]
    figures: dict[str, dict[int, LoadFigures]]
    failures: list[str]

    def at(self, kind: str, clients: int) -> LoadFigures | None:
        return self.figures.get(kind, {}).get(clients)

    def best(self, clients: int, of: Callable[[LoadFigures], float] = lambda figures: figures.rate.median) -> float:
        """The greatest of its dialects for single images; 0 if there is none."""
        return max((of(figures) for kind in self.kinds if (figures := self.at(kind, clients))), default=0.0)

    @property
    def kinds(self) -> list[str]:
        """The dialects it was measured in."""
        return [kind for kind in self.figures if kind != "many"]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        figures = {
            kind: {int(clients): LoadFigures.of(content_) for clients, content_ in points.items()}
            for kind, points in content["figures"].items()
        }
        start = Spread(**content["start"]) if content["start"] else None
        return cls(**{**content, "role": Role(content["role"]), "figures": figures, "start": start})


@dataclass(frozen=True)
class Speed:
    """Images a second of the network in-process, one way, batch size and number of threads."""

    way: str
    batch: int
    threads: int
    rate: Spread


@dataclass(frozen=True)
class Summary:
    """Summary from which the report is computed.

    extras  file name -> content of what other measurements left: the soak, training, formats
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

    def named(self, name: str) -> Competitor | None:
        return next((competitor for competitor in self.competitors if competitor.name == name), None)

    def as_dict(self) -> dict[str, Any]:
        """JSON, whose keys are text."""
        content = asdict(self)
        for competitor in content["competitors"]:
            competitor["figures"] = {
                kind: {str(clients): figures for clients, figures in points.items()}
                for kind, points in competitor["figures"].items()
            }
        return content

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Return the summary that ``as_dict`` wrote, after it was stored and read."""
        return cls(
            **{
                **content,
                "plan": Plan.of(content["plan"]),
                "competitors": [Competitor.of(competitor) for competitor in content["competitors"]],
                "arithmetic": [
                    Speed(**{**competitor, "rate": Spread(**competitor["rate"])})
                    for competitor in content["arithmetic"]
                ],
            }
        )
