"""The gateway of a node, kept alive and told what only the node's supervisor knows."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from serving.gateway.capacity import UNLIMITED, Capacity
from serving.gateway.gateway import Gateway
from serving.gateway.memory import Ebb
from serving.gateway.metering import Meter
from serving.node import explainers, models
from serving.node.backoff import Backoff, Kept
from serving.torchserve import keys
from serving.torchserve.server import Server


class Front(Kept[Gateway]):
    """The gateway before a node, if it has one: each method does nothing while none runs."""

    def __init__(self, directory: Path, start: Callable[[], Gateway] | None, backoff: Backoff) -> None:
        super().__init__("the gateway", start, backoff)
        self._directory = directory
        self._explainers = explainers.Explainers()
        self._forget()

    def check(self) -> bool:
        """Start the gateway unless it runs. Return whether it was started, and needs to know the key."""
        if not super().check():
            return False
        self._forget()
        self.sample_usage(now=True)  # before the first request, for quotas to hold
        return True

    def _forget(self) -> None:
        """Start from what a new gateway knows."""
        self._token = ""
        self._capacity, self._room = Capacity(), UNLIMITED
        self._heavy: Mapping[str, str] = {}  # where expensive predictions of a model go
        self._ebb = Ebb()
        self._meter = Meter(self.part) if self.part else None

    def send_token(self) -> None:
        """Tell it TorchServe's present key."""
        value = keys.read(self._directory).inference.value
        if (gateway := self.part) and value != self._token:
            gateway.set_backend_token(value)
            self._token = value

    def paused(self) -> AbstractContextManager[None]:
        """Hold new requests while the block runs."""
        return self.part.paused() if self.part else nullcontext()

    def sample_usage(self, now: bool = False) -> None:
        """Save the usage of the clients."""
        if self.part and self._meter:
            self._meter.sample(now)

    def limit_queue(self) -> None:
        """Limit the queue, so that the gateway refuses requests at once that could not be answered in time."""
        if (gateway := self.part) and (room := self._capacity.sample(*gateway.queue())) != self._room:
            gateway.set_queue_limit(room)
            self._room = room

    def send_heavy(self, names: Mapping[str, str]) -> None:
        """Send expensive predictions of these models to other registrations."""
        if (gateway := self.part) and names != self._heavy:
            gateway.heavy(names)
            self._heavy = names

    def look_for_explainers(self, running: Server) -> None:
        """Start the explainers of added models that requests wait for."""
        if gateway := self.part:
            self._explainers.look(running, gateway)

    def forget_explainers(self) -> None:
        """Let requests wait for explainers: a new JVM has none of them."""
        if gateway := self.part:
            gateway.asleep(explainers.names(self._directory))

    def free_memory(self) -> None:
        """Free memory of the gateway after most of its connections have ended."""
        if (gateway := self.part) and self._ebb.sample(gateway.connections()):
            gateway.give_memory_back()

    def serve(self) -> None:
        """Hand on requests for the models that the node serves now."""
        if gateway := self.part:
            gateway.serve(models.routes(self._directory))
