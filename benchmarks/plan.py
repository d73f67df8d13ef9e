"""Measurements of a run of the suite, and their duration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from benchmarks import haproxy, ours
from benchmarks.contender import Contender, Dialect, Role
from benchmarks.peers import registry


@dataclass(frozen=True)
class Plan:
    """Plan of a run. Each round measures each contender in each dialect with each number of clients for ``seconds``."""

    rounds: int = 3
    seconds: int = 8
    warm_up: int = 20
    clients: tuple[int, ...] = (1, 8, 64, 128)
    many_clients: tuple[int, ...] = (1, 4)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        lists = {name: tuple(content[name]) for name in ("clients", "many_clients")}
        return cls(**{**content, **lists})

    def points(self, contender: Contender) -> list["Point"]:
        """Return the measurements of a contender in a round, in order."""
        single = [Point(dialect, clients) for dialect in contender.routes for clients in self.clients]
        if contender.role is not Role.OURS:
            return single
        return single + [Point(Dialect.RAW, clients, many=True) for clients in self.many_clients]


@dataclass(frozen=True)
class Point:
    """Measurement with one dialect, a number of clients, and one or many images per request."""

    dialect: Dialect
    clients: int
    many: bool = False

    @property
    def kind(self) -> str:
        return "many" if self.many else self.dialect.value

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.clients}"


def contenders() -> list[Contender]:
    """Return all contenders, this service first."""
    return [ours.DigitsServer(), *registry.contenders(), *registry.aided(), *haproxy.contenders()]
