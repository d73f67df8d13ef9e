"""Nodes that a load needs and the cost of a million predictions, from measurements; kept in docs/operations.md."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.assumptions import LOADS, PRICE, UTILISATION
from benchmarks.bodies import MANY
from benchmarks.summary import Summary
from benchmarks.targets import NAMES
from serving.paths import ROOT
from training.reports.markdown import filled, replace_section, rounded, table

COMMAND = "scripts/bench capacity"
PERFORMANCE, OPERATIONS = ROOT / "results" / "performance.json", ROOT / "docs" / "operations.md"
_LEAST = 3  # nodes: one restarts, one dies, one serves
_SPARE = 1
_OURS = "digits"


@dataclass(frozen=True)
class Rate:
    """The best that was measured for one kind of request."""

    name: str
    clients: int
    requests: float
    p99: float
    images: int

    @property
    def predictions(self) -> float:
        """A second."""
        return self.requests * self.images


@dataclass(frozen=True)
class CapacityPlan:
    """Planned share of the measured throughput, and the price of a node's hour."""

    utilisation: float = UTILISATION
    price: float = PRICE

    def nodes(self, rate: Rate, load: float) -> int:
        """For a load of predictions a second."""
        return max(_LEAST, math.ceil(load / (self.utilisation * rate.predictions)) + _SPARE)

    def hours(self, rate: Rate) -> float:
        """A node's hours for a million predictions."""
        return 1e6 / (self.utilisation * rate.predictions * 3600)


def rates(summary: Summary) -> list[Rate]:
    """Of this service, by kind of request. Raises ValueError if it was not measured."""
    ours = summary.named(_OURS)
    if not ours:
        raise ValueError(f"{PERFORMANCE.name} has no figures of this service: scripts/bench makes them")
    measured = []
    for kind, points in ours.figures.items():
        clients, best = max(points.items(), key=lambda point: point[1].rate.median)
        name = NAMES.get(kind, f"{MANY:,} images, raw bytes")
        measured.append(Rate(name, clients, best.rate.median, best.p99.median, MANY if kind == "many" else 1))
    return measured


def render(summary: Summary, plan: CapacityPlan, loads: Sequence[int] = LOADS) -> str:
    """Markdown."""
    measured = rates(summary)
    head = ("a request", "clients", "requests/s", "p99, ms", "predictions/s", "planned")
    return filled(
        __file__,
        measured=table(head, [_measured(rate, plan) for rate in measured]),
        **summary.machine,
        plan=plan,
        spare=_SPARE,
        least=_LEAST,
        nodes=table(
            ("a request", *(f"{load:,}/s" for load in loads)),
            [(rate.name, *(f"{plan.nodes(rate, load):,}" for load in loads)) for rate in measured],
        ),
        costs=table(
            ("a request", "a node's hours", "cost"),
            [(rate.name, f"{plan.hours(rate):.4f}", f"{plan.price * plan.hours(rate):.5f}") for rate in measured],
        ),
    )


def read(path: Path = PERFORMANCE) -> Summary:
    return Summary.of(orjson.loads(path.read_bytes()))


def _measured(rate: Rate, plan: CapacityPlan) -> tuple[str, ...]:
    figures = (rate.requests, rate.p99, rate.predictions, plan.utilisation * rate.predictions)
    return (rate.name, str(rate.clients), *map(rounded, figures))


def main(args: argparse.Namespace) -> None:
    summary = read()
    print(render(summary, CapacityPlan(args.utilisation, args.price), args.load))
    if args.write:
        replace_section(OPERATIONS, "capacity", render(summary, CapacityPlan()))
