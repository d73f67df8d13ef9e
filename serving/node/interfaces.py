"""The gateway of a node as its supervisor sees it."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from serving.gateway.routes import Route
from serving.node.explainers import Awaited


class Process(Protocol):
    """Interface of any process that the supervisor keeps."""

    @property
    def running(self) -> bool: ...

    def stop(self) -> None:
        """Finish the accepted requests, within a time limit."""


class UsageMeter(Protocol):
    """Interface of a usage meter; ``serving.gateway.metering.Meter`` has it."""

    def sample(self, now: bool = False) -> None:
        """Write down what was counted, seldom or ``now``."""


class SupervisedGateway(Process, Awaited, Protocol):
    """Interface of a gateway for the supervisor; ``serving.gateway.gateway.Gateway`` has it."""

    def set_backend_token(self, value: str) -> None:
        """Send requests to TorchServe with this key."""

    def paused(self) -> AbstractContextManager[None]:
        """Let new requests wait for the length of the block."""

    def queue(self) -> tuple[int, int]:
        """Return the number of waiting requests, and of those that no longer wait."""

    def set_queue_limit(self, waiting: int) -> None:
        """Refuse requests at once while so many wait."""

    def heavy(self, names: Mapping[str, str]) -> None:
        """Send expensive predictions of these models to other registrations: model -> the name to use."""

    def serve(self, models: Iterable[Route]) -> None:
        """Hand on requests for these models, and for no others."""

    def asleep(self, explainers: Iterable[str]) -> None:
        """Let requests for these explainers wait until they are awake, and for no others."""

    def meter(self) -> UsageMeter:
        """Return the usage meter of the gateway."""

    def connections(self) -> int:
        """Return the number of connections."""

    def give_memory_back(self) -> None:
        """Free memory that is kept for later requests."""
