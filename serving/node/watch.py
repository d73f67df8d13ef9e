"""State of one run of TorchServe: whether it is ready, has failed, or has an old key."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from serving.torchserve import keys, properties
from serving.torchserve.management import UNANSWERED, ManagementError
from serving.torchserve.server import Server
from serving.torchserve.stuck_workers import StuckWorkerDetector
from serving.torchserve.warm_up import warm_up


@dataclass(frozen=True)
class Limits:
    """Limits in seconds.

    poll      pause between two checks of TorchServe
    answer    timeout of a check; without an answer TorchServe counts as not ready
    frozen    time without any answer after which TorchServe is restarted
    stalled   time without progress, while requests wait, after which a worker is killed
    unready   time without a READY worker, also after a start, after which TorchServe is restarted
    backoff   longest pause between two starts
    steady    running time after which the pauses between starts are short again
    lead      time before a key expires at which it is renewed; at most 90 % of its lifetime
    notice    time from not ready to refusals, so that load balancers notice
    drain     time to answer the accepted requests
    """

    poll: float = 0.25
    answer: float = 2.0
    frozen: float = 10.0
    stalled: float = 5.0
    unready: float = 60.0
    backoff: float = 30.0
    steady: float = 60.0
    lead: float = 300.0
    notice: float = 0.0
    drain: float = 30.0


@dataclass(frozen=True)
class Status:
    """Result of a check: whether TorchServe runs, whether a worker is READY, and the reason if not."""

    alive: bool
    ready: bool
    reason: str


class Watch:
    """Monitor of a server that runs.

    cold  whether to warm the server up: it has just started, and no clients wait for it
    """

    def __init__(self, running: Server, limits: Limits, *, cold: bool = False) -> None:
        self.server = running
        self.management = running.manage(timeout=limits.answer)
        self._limits = limits
        self._cold = cold
        self._answered: float | None = None  # time of the last answer
        self._ready = time.monotonic()  # time at which a worker was last READY; at first the start
        self._stalls = StuckWorkerDetector(limits.stalled)
        self.stalled: list[int] = []  # process ids of the workers that were stalled at the last check
        lifetime = properties.read(running.directory / "config.properties")["token_expiration_min"]
        self._lead = min(timedelta(seconds=limits.lead), timedelta(minutes=float(lifetime)) * 0.9)

    def sample(self) -> Status:
        """Return the status of the server now."""
        now = time.monotonic()
        if not self.server.running:
            return Status(alive=False, ready=False, reason="TorchServe ended")
        try:
            description = self.management.describe()[0]
        except ManagementError as error:  # for example while the model is registered
            self._answered = now
            return Status(alive=True, ready=False, reason=str(error))
        except UNANSWERED:
            reason = "TorchServe does not answer" if self._answered else "TorchServe is starting"
            return Status(alive=True, ready=False, reason=reason)
        self._answered = now
        ready = [worker["pid"] for worker in description["workers"] if worker["status"] == "READY"]
        self.stalled = self._stalls.sample(ready, waiting=description["jobQueueStatus"]["pendingRequests"] > 0)
        if not ready:
            return Status(alive=True, ready=False, reason="no worker is READY")
        self._ready = now
        return Status(alive=True, ready=True, reason="")

    def warm_up(self, archive: Path) -> None:
        """Warm up a cold server, once, with a sample of its archive."""
        if self._cold:
            warm_up(self.server, archive)
        self._cold = False

    def failure(self) -> str | None:
        """Return the reason for a restart, or None."""
        now = time.monotonic()
        if not self.server.running:
            return "TorchServe ended"
        if self._answered and now - self._answered > self._limits.frozen:
            return f"TorchServe has not answered for {self._limits.frozen:.0f} s"
        if now - self._ready > self._limits.unready:
            return f"no worker has been READY for {self._limits.unready:.0f} s"
        return None

    def key_is_old(self) -> bool:
        """Return whether the inference key must be renewed."""
        expires = keys.read(self.server.directory).inference.expires
        return expires is not None and expires - datetime.now(UTC) < self._lead

    def stop(self, forced: Callable[[], bool]) -> None:
        """Stop the server after it has answered the accepted requests."""
        self.server.stop(self._limits.drain, forced)
        self.management.close()

    def kill(self) -> None:
        """Kill the remaining processes of the server."""
        self.server.kill()
        self.management.close()
