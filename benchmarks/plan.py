"""Measurements of a run of the suite, and their duration."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from benchmarks import haproxy, ours
from benchmarks.contender import Contender, Dialect
from benchmarks.peers import registry


class Role(StrEnum):
    """Role of a contender; AIDED is a peer that was given this service's own runtime, shown but no peer."""

    OURS = "ours"
    PEER = "peer"
    AIDED = "aided"
    LIMIT = "limit"


@dataclass(frozen=True)
class Entrant:
    """Contender and its role in the comparison."""

    contender: Contender
    role: Role

    @property
    def name(self) -> str:
        return self.contender.name

    def about(self, versions: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the identity of a run for readers and later runs; JSON."""
        contender = self.contender
        return {
            "title": contender.title,
            "settings": contender.settings,
            "role": self.role.value,
            "versions": dict(contender.versions() if versions is None else versions),
        }


@dataclass(frozen=True)
class Plan:
    """Every entrant once a round; in it, every dialect with each number of clients for ``seconds``."""

    rounds: int = 3
    seconds: int = 8
    warm_up: int = 20
    clients: tuple[int, ...] = (1, 8, 64, 128)
    many_clients: tuple[int, ...] = (1, 4)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        lists = {name: tuple(content[name]) for name in ("clients", "many_clients")}
        return cls(**{**content, **lists})

    def points(self, entrant: Entrant) -> list["Point"]:
        """Return the measurements of an entrant in a round, in this order."""
        single = [Point(dialect, clients) for dialect in entrant.contender.dialects for clients in self.clients]
        if entrant.role is not Role.OURS:
            return single
        return single + [Point(Dialect.RAW, clients, many=True) for clients in self.many_clients]


@dataclass(frozen=True)
class Point:
    """One measurement: so many clients, one dialect, one image a request or many."""

    dialect: Dialect
    clients: int
    many: bool = False

    @property
    def kind(self) -> str:
        return "many" if self.many else self.dialect.value

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.clients}"


def entrants() -> list[Entrant]:
    """Everything there is to measure, this service first."""
    return [
        *(Entrant(contender, Role.OURS) for contender in ours.contenders()),
        *(Entrant(contender, Role.PEER) for contender in registry.contenders()),
        *(Entrant(contender, Role.AIDED) for contender in registry.aided()),
        *(Entrant(contender, Role.LIMIT) for contender in haproxy.contenders()),
    ]
