"""Gateway of a node, as its supervisor keeps it running and up to date."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from serving.gateway.capacity import UNLIMITED, Capacity
from serving.gateway.gateway import Gateway
from serving.gateway.memory import Ebb
from serving.gateway.metering import Meter
from serving.node import explainers, models
from serving.node.backoff import Backoff
from serving.node.supervised_process import SupervisedProcess
from serving.torchserve import keys
from serving.torchserve.server import Server


class SupervisedGateway(SupervisedProcess[Gateway]):
    """Gateway that is restarted when it has ended. Methods do nothing while no gateway runs."""

    def __init__(self, directory: Path, start: Callable[[], Gateway] | None, backoff: Backoff) -> None:
        super().__init__("the gateway", start, backoff)
        self._directory = directory
        self._explainers = explainers.Explainers()
        self._forget()

    def check(self) -> bool:
        """Start the gateway unless it runs. Return True if it was started, so that it needs the key of TorchServe."""
        if not super().check():
            return False
        self._forget()
        self.sample_usage(now=True)  # before the first request, so that quotas apply to it
        return True

    def _forget(self) -> None:
        """Reset the record of what was sent to the gateway, because a new process has received nothing."""
        self._token = ""
        self._capacity, self._room = Capacity(), UNLIMITED
        self._heavy: Mapping[str, str] = {}  # model -> registration for its expensive predictions
        self._ebb = Ebb()
        self._meter = Meter(self.process) if self.process else None

    def send_token(self) -> None:
        """Send the inference key of TorchServe, if it has changed."""
        value = keys.read(self._directory).inference.value
        if (gateway := self.process) and value != self._token:
            gateway.set_backend_token(value)
            self._token = value

    def paused(self) -> AbstractContextManager[None]:
        """Hold new requests while the block runs."""
        return self.process.paused() if self.process else nullcontext()

    def sample_usage(self, now: bool = False) -> None:
        """Save the usage of the clients, if that is due or ``now``."""
        if self.process and self._meter:
            self._meter.sample(now)

    def limit_queue(self) -> None:
        """Limit the queue, so that the gateway refuses requests at once that cannot be answered in time."""
        if (gateway := self.process) and (room := self._capacity.sample(*gateway.queue())) != self._room:
            gateway.set_queue_limit(room)
            self._room = room

    def send_heavy(self, names: Mapping[str, str]) -> None:
        """Route expensive predictions of models to other registrations. ``names`` maps a model to its registration."""
        if (gateway := self.process) and names != self._heavy:
            gateway.heavy(names)
            self._heavy = names

    def look_for_explainers(self, running: Server) -> None:
        """Start the explainers of added models for which requests wait."""
        if gateway := self.process:
            self._explainers.look(running, gateway)

    def forget_explainers(self) -> None:
        """Queue the requests for explainers, because a new JVM has not started any."""
        if gateway := self.process:
            gateway.asleep(explainers.names(self._directory))

    def free_memory(self) -> None:
        """Free memory of the gateway after most of its connections have ended."""
        if (gateway := self.process) and self._ebb.sample(gateway.connections()):
            gateway.give_memory_back()

    def serve(self) -> None:
        """Route requests to the models that the node serves now."""
        if gateway := self.process:
            gateway.serve(models.routes(self._directory))
