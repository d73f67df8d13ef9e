"""One run of TorchServe as its supervisor sees it: whether it is ready, has failed, and has an old key."""

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

    poll      between two looks at TorchServe
    answer    it may take to answer a look; then it counts as not ready
    frozen    it may leave all looks unanswered until it is started again
    stalled   a worker may do nothing while requests wait, until it is killed
    unready   it may have no READY worker until it is started again, and take to answer the first time
    backoff   the longest pause between two starts
    steady    after which an end is not one more in a row
    lead      before a key expires that it is renewed, but never before a tenth of its life is over
    notice    between not being ready and taking nothing more, for balancers to see it
    drain     what was accepted may take to be answered
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
    """Result of the last check: whether TorchServe runs, whether a worker is READY, and why not."""

    alive: bool
    ready: bool
    reason: str


class Watch:
    """Looks at a running server. It is started now, or was before.

    cold  whether it is to be warmed up: it was started just now, and no clients wait for it
    """

    def __init__(self, running: Server, limits: Limits, *, cold: bool = False) -> None:
        self.server = running
        self.management = running.manage(timeout=limits.answer)
        self._limits = limits
        self._cold = cold
        self._answered: float | None = None  # when it last did
        self._ready = time.monotonic()  # when a worker last was; a start counts, for it takes its time
        self._stalls = StuckWorkerDetector(limits.stalled)
        self.stalled: list[int] = []  # workers that the last look found standing still, by process number
        lifetime = properties.read(running.directory / "config.properties")["token_expiration_min"]
        self._lead = min(timedelta(seconds=limits.lead), timedelta(minutes=float(lifetime)) * 0.9)

    def sample(self) -> Status:
        """Take one sample of its state."""
        now = time.monotonic()
        if not self.server.running:
            return Status(alive=False, ready=False, reason="TorchServe ended")
        try:
            description = self.management.describe()[0]
        except ManagementError as error:  # as while the model is registered
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
        """Warm a cold server up, once, by a sample of its archive."""
        if self._cold:
            warm_up(self.server, archive)
        self._cold = False

    def failure(self) -> str | None:
        """Reason for a restart, if there is one."""
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
        """Stop it after it has answered accepted requests."""
        self.server.stop(self._limits.drain, forced)
        self.management.close()

    def kill(self) -> None:
        """Kill its remaining processes."""
        self.server.kill()
        self.management.close()
