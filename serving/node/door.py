"""The gateway of a node as its supervisor sees it."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from serving.gateway.routes import Route


class Process(Protocol):
    """What the supervisor asks of any process that it keeps."""

    @property
    def running(self) -> bool: ...

    def stop(self) -> None:
        """Finish what it accepted, within a bound."""


class UsageMeter(Protocol):
    """What writes down usage; ``serving.gateway.metering.UsageMeter`` is one."""

    def look(self, now: bool = False) -> None:
        """Write down what was counted, seldom or ``now``."""


class SupervisedGateway(Process, Protocol):
    """What the supervisor asks of a gateway; ``serving.gateway.gateway.SupervisedGateway`` is one."""

    def token(self, value: str) -> None:
        """Send requests to TorchServe with this key."""

    def held(self) -> AbstractContextManager[None]:
        """Let new requests wait for the length of the block."""

    def queue(self) -> tuple[int, int]:
        """How many requests wait, and how many have waited no more."""

    def room(self, waiting: int) -> None:
        """Refuse requests at once while so many wait."""

    def heavy(self, names: Mapping[str, str]) -> None:
        """Send expensive predictions of these models to other registrations: model -> the name to use."""

    def serve(self, models: Iterable[Route]) -> None:
        """Hand on requests for these models, and for no others."""

    def meter(self) -> UsageMeter:
        """What writes down what it counts."""

    def connections(self) -> int:
        """How many connections there are."""

    def give_memory_back(self) -> None:
        """Free memory that is kept for later requests."""
