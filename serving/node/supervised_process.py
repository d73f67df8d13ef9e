"""Process of a node that the supervisor restarts."""

import logging
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from serving.node.backoff import Backoff

logger = logging.getLogger(__name__)


class NodeProcess(Protocol):
    """Process of a node, such as the gateway."""

    @property
    def running(self) -> bool: ...

    def stop(self) -> None: ...


P = TypeVar("P", bound=NodeProcess)


class SupervisedProcess(Generic[P]):
    """Process that is restarted when it has ended.

    name   name for the log
    start  starts the process, or raises; None if the node has no such process
    """

    def __init__(self, name: str, start: Callable[[], P] | None, backoff: Backoff) -> None:
        self.process: P | None = None
        self.restarts = 0
        self.start = start
        self._name, self._backoff = name, backoff

    def check(self) -> bool:
        """Start the process if it does not run and the backoff allows a start. Return whether it was started."""
        if not self.start or (self.process and self.process.running):
            return False
        if self.process:
            logger.error("%s ended; it is started again", self._name)
            self.process.stop()  # removes its files
            self.process = None
            self.restarts += 1
        if not self._backoff.due:
            return False
        self._backoff.started()
        self.process = self.start()
        return True

    def stop(self) -> None:
        if self.process:
            self.process.stop()
