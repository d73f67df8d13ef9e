"""Rankings by throughput and latency."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from benchmarks.bodies import MANY
from benchmarks.contender import Role
from benchmarks.summary import Competitor, LoadFigures, Summary

STOCK = "torchserve"  # contender: TorchServe with its default settings


class Result(NamedTuple):
    """Figures of one contender for one kind of request and one number of clients."""

    competitor: Competitor
    kind: str
    clients: int
    figures: LoadFigures

    @property
    def rate(self) -> float:
        return self.figures.rate.median

    @property
    def images(self) -> float:
        """Return the images per second."""
        return self.rate * (MANY if self.kind == "many" else 1)


def results(competitors: Iterable[Competitor], clients: int | None = None, kind: str | None = None) -> list[Result]:
    """Return the results for one number of clients or all, and one kind of request or all dialects of single images."""
    return [
        Result(competitor, kind_, int(number), figures)
        for competitor in competitors
        for kind_ in ([kind] if kind else competitor.kinds)
        for number, figures in competitor.figures.get(kind_, {}).items()
        if clients in (None, int(number))
    ]


def fastest(summary: Summary, role: Role, clients: int | None = None, kind: str | None = None) -> Result | None:
    """Return the result with the highest throughput; None if there is none."""
    return _best(results(summary.of_role(role), clients, kind), lambda result: result.rate)


def quickest(summary: Summary, role: Role, clients: int, kind: str) -> Result | None:
    """Return the result with the lowest median latency; None if there is none."""
    return _best(results(summary.of_role(role), clients, kind), lambda result: -result.figures.p50.median)


def stock(summary: Summary, clients: int, kind: str | None = None) -> Result | None:
    """Return the result of stock TorchServe in a dialect, or in its fastest dialect; None if there is none."""
    stocks = [competitor for competitor in summary.competitors if competitor.name == STOCK]
    return _best(results(stocks, clients, kind), lambda result: result.rate)


def arithmetic_limit(summary: Summary) -> float:
    """Return the highest images per second of the arithmetic sweep; 0 if it was not measured."""
    return max((speed.rate.median for speed in summary.arithmetic), default=0.0)


def _best(results: Iterable[Result], key: Callable[[Result], float]) -> Result | None:
    return max(results, key=key, default=None)
