"""Number of nodes for a load, and cost of a million predictions, from measurements, for docs/operations.md."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.assumptions import LOADS, PRICE, UTILISATION
from benchmarks.bodies import MANY
from benchmarks.comparison import Result, fastest
from benchmarks.contender import Role
from benchmarks.summary import Summary
from benchmarks.targets import NAMES
from serving.paths import ROOT
from training.reports.markdown import replace_section, rounded, table
from training.reports.page import render

COMMAND = "scripts/bench capacity"
PERFORMANCE, OPERATIONS = ROOT / "results" / "performance.json", ROOT / "docs" / "operations.md"
_LEAST = 3  # nodes: one serves while one restarts and another fails
_SPARE = 1


@dataclass(frozen=True)
class CapacityPlan:
    """Planned share of the measured throughput, and price of one node for one hour."""

    utilisation: float = UTILISATION
    price: float = PRICE

    def nodes(self, rate: float, load: float) -> int:
        """Return the number of nodes for a load, if one node has this rate; both in predictions per second."""
        return max(_LEAST, math.ceil(load / (self.utilisation * rate)) + _SPARE)

    def hours(self, rate: float) -> float:
        """Return the hours in which one node makes a million predictions."""
        return 1e6 / (self.utilisation * rate * 3600)


def best(summary: Summary) -> dict[str, Result]:
    """Return the highest throughput of this service for each kind of request. Raises ValueError without results."""
    kinds = sorted([*NAMES, "many"])
    if not (rates := [rate for kind in kinds if (rate := fastest(summary, Role.OURS, kind=kind))]):
        raise ValueError(f"{PERFORMANCE.name} has no figures of this service: scripts/bench makes them")
    return {NAMES.get(rate.kind, f"{MANY:,} images, raw bytes"): rate for rate in rates}


def section(summary: Summary, plan: CapacityPlan, loads: Sequence[int] = LOADS) -> str:
    """Return the section as Markdown."""
    measured, nodes, costs = [], [], []
    for name, rate in best(summary).items():
        figures = (rate.rate, rate.figures.p99.median, rate.images, plan.utilisation * rate.images)
        measured.append((name, str(rate.clients), *map(rounded, figures)))
        nodes.append((name, *(f"{plan.nodes(rate.images, load):,}" for load in loads)))
        hours = plan.hours(rate.images)
        costs.append((name, f"{hours:.4f}", f"{plan.price * hours:.5f}"))
    return render(
        __file__,
        **summary.machine,
        measured=table(("a request", "clients", "requests/s", "p99, ms", "predictions/s", "planned"), measured),
        plan=plan,
        spare=_SPARE,
        least=_LEAST,
        nodes=table(("a request", *(f"{load:,}/s" for load in loads)), nodes),
        costs=table(("a request", "a node's hours", "cost"), costs),
    )


def main(args: argparse.Namespace) -> None:
    summary = Summary.read(PERFORMANCE)
    print(section(summary, CapacityPlan(args.utilisation, args.price), args.load))
    if args.write:
        replace_section(OPERATIONS, "capacity", section(summary, CapacityPlan()))
