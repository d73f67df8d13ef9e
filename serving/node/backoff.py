"""Starts of something that ends again and again, with pauses between them."""

import logging
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

logger = logging.getLogger(__name__)


class NodePart(Protocol):
    """A process of a node."""

    @property
    def running(self) -> bool: ...

    def stop(self) -> None: ...


P = TypeVar("P", bound=NodePart)


class Backoff:
    """Growing pause between starts: none before the second start, then 1 s, and twice as long each time.

    longest  longest pause in seconds
    steady   seconds of running after which the pauses begin again with none
    """

    def __init__(self, longest: float, steady: float) -> None:
        self._longest = longest
        self._steady = steady
        self._pause = 0.0
        self._next = time.monotonic()

    @property
    def due(self) -> bool:
        """Return whether the next start may happen now."""
        return time.monotonic() >= self._next

    def started(self) -> None:
        now = time.monotonic()
        if now > self._next + self._steady:
            self._pause = 0.0
        self._next = now + self._pause
        self._pause = min(max(2 * self._pause, 1.0), self._longest)


class Kept(Generic[P]):
    """A part of a node that is started again whenever it has ended.

    name   for the log
    start  starts the part, or raises; None where there is none
    """

    def __init__(self, name: str, start: Callable[[], P] | None, backoff: Backoff) -> None:
        self.part: P | None = None
        self.restarts = 0
        self.start = start
        self._name, self._backoff = name, backoff

    def check(self) -> bool:
        """Start the part unless it runs, if that is due. Return whether it was started."""
        if not self.start or (self.part and self.part.running):
            return False
        if self.part:
            logger.error("%s ended; it is started again", self._name)
            self.part.stop()  # what it left behind
            self.part = None
            self.restarts += 1
        if not self._backoff.due:
            return False
        self._backoff.started()
        self.part = self.start()
        return True

    def stop(self) -> None:
        if self.part:
            self.part.stop()
