"""Faults, the bounds for the service under them, and their outcomes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from resilience.cluster.clients import STEADY, Pace
from resilience.faults.fault_figures import FaultFigures, figures
from resilience.faults.flow import Flow
from resilience.faults.node import Node

CALM = 1.0  # seconds of load before the fault and after the recovery

Facts = dict[str, Any]


class Check(NamedTuple):
    """A bound in words, the measured value, and whether the bound is met."""

    demand: str
    measured: str
    met: bool


@dataclass(frozen=True)
class Bounds:
    """Upper bounds in the units of ``FaultFigures``. None: the value is only reported."""

    lost: int | None = 0
    wrong: int = 0
    first: float | None = None
    steady: float | None = None
    slowest: float | None = None
    refused: int | None = None
    refusal: float | None = None

    def checks(self, measured: FaultFigures) -> list[Check]:
        bounds = {name: (most, getattr(measured, name)) for name, most in asdict(self).items() if most is not None}
        return [_check(name, most, value) for name, (most, value) in bounds.items()]


class Injected(NamedTuple):
    """An injected fault: its monotonic time, further measurements, its own checks, and results of other requests."""

    began: float
    facts: Facts = {}  # noqa: RUF012 - never changed
    checks: tuple[Check, ...] = ()
    others: Flow | None = None


@dataclass(frozen=True)
class FaultOutcome:
    """Outcome of a fault.

    bounds  bounds of the first checks
    """

    figures: FaultFigures
    checks: list[Check]
    facts: Facts
    bounds: Bounds | None = None

    @property
    def missed(self) -> list[str]:
        return [f"{check.demand}: {check.measured}" for check in self.checks if not check.met]

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON values."""
        checks = [check._asdict() for check in self.checks]
        return {"figures": asdict(self.figures), "checks": checks, "facts": self.facts}


@dataclass(frozen=True)
class Fault:
    """A fault that can be injected.

    act          injects it into a node under load, and returns when the node works again
    missing      returns the reason why it cannot be injected here; empty if it can
    environment  makes the environment of its own node from a folder for files; None: it shares a node
    """

    name: str
    title: str
    act: Callable[[Node], FaultOutcome]
    missing: Callable[[], str] = lambda: ""
    environment: Callable[[Path], Mapping[str, str]] | None = None


def under_load(
    inject: Callable[[Node], Injected], bounds: Bounds, pace: Pace = STEADY
) -> Callable[[Node], FaultOutcome]:
    """Return a function that injects a fault under a load of checked requests."""

    def act(node: Node) -> FaultOutcome:
        with node.load(pace) as records:
            time.sleep(CALM)
            injected = inject(node)
            time.sleep(CALM)
        measured = figures(records, injected.began)
        if injected.others:
            measured = injected.others.added(measured)
        return FaultOutcome(measured, bounds.checks(measured) + list(injected.checks), injected.facts, bounds)

    return act


def seconds(value: float) -> str:
    return f"{value:.2f} s"


_WORDS: Mapping[str, str] = {
    "lost": "lost",
    "wrong": "wrong",
    "first": "answers again",
    "steady": "steady again",
    "slowest": "slowest right answer",
    "refused": "refused",
    "refusal": "slowest refusal",
}


def _check(name: str, most: float, value: float) -> Check:
    if isinstance(value, int):
        return Check(f"{_WORDS[name]} {'' if most == 0 else '<= '}{most:,.0f}", f"{value:,}", value <= most)
    return Check(f"{_WORDS[name]} <= {most:g} s", seconds(value), value <= most)
