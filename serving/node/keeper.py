"""Small process that restarts the supervisor if it is killed."""

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

from serving.node import lock
from serving.node.backoff import Backoff

logger = logging.getLogger(__name__)
STOP = (signal.SIGTERM, signal.SIGINT)
_LONGEST_PAUSE, _STEADY, _POLL_SECONDS = 30.0, 60.0, 0.05


class Keeper:
    """Parent process that runs a supervisor in a fork, and restarts it.

    supervise  runs the supervisor until SIGTERM or SIGINT, and returns its exit status. It is called with both signals
               blocked, and calls ``listen`` once they have handlers.
    forked     called in the keeper after each fork
    """

    def __init__(
        self, directory: Path, supervise: Callable[[], int], forked: Callable[[], None] = lambda: None
    ) -> None:
        self._directory = directory
        self._supervise = supervise
        self._forked = forked
        self._child: int | None = None
        self._stopping = False

    def run(self) -> int:
        """Keep a supervisor running until it ends by itself; return its exit status. Stop signals are passed on.

        Raises lock.LockedError if the folder already has a keeper.
        """
        backoff = Backoff(_LONGEST_PAUSE, _STEADY)
        with lock.hold(self._directory, lock.KEEPER) as file:
            for number in STOP:
                signal.signal(number, self._pass_on)
            while not self._stopping:
                if not backoff.due:
                    time.sleep(_POLL_SECONDS)
                    continue
                backoff.started()
                self._fork(file)
                if (status := self._wait()) >= 0 or self._stopping:
                    return abs(status)
                logger.error("the supervisor was ended by signal %d; it is started again", -status)
        return 0

    def _fork(self, file: IO[str]) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
        self._child = os.fork()
        if self._child:
            listen()
            self._forked()
            return
        status = 1
        try:
            file.close()  # an open copy would keep the keeper's lock after the keeper ended
            status = self._supervise()
        except BaseException:
            logger.exception("the supervisor failed")
        finally:
            os._exit(status)  # without the cleanup of the code that called the keeper

    def _wait(self) -> int:
        """Return the exit status of the supervisor, or the negative number of the signal that ended it."""
        assert self._child
        _, status = os.waitpid(self._child, 0)
        self._child = None
        return os.waitstatus_to_exitcode(status)

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._stopping = True
        if self._child:
            with suppress(ProcessLookupError):
                os.kill(self._child, number)


def listen() -> None:
    """Unblock the stop signals in this process."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)
