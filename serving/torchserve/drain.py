"""Drain of TorchServe: finish accepted requests.

TorchServe closes live sockets at once when it stops, so first nothing more may come in and all must be answered.
It counts the requests that wait in its queues, but not those in a worker's hands or on their way back: a thread with
such work shows it in its stack.
"""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from serving.torchserve import stacks
from serving.torchserve.management import UNANSWERED, Management

_POLL_SECONDS = 0.02


def drain(management: Management, pid: int, console: Path, given_up: Callable[[], bool]) -> bool:
    """Refuse new requests and wait for the others; return whether all were answered.

    management  of the server, with a timeout in case it is frozen
    pid         of its JVM
    console     the file that the JVM prints to
    given_up    becomes true to return although some are not answered

    Rotates the inference key: requests with the old one are refused from now on.
    """
    try:
        management.renew("inference")
    except (httpx.ConnectError, FileNotFoundError):
        return True  # it does not listen yet, or no more
    except UNANSWERED:
        pass  # it hangs, and may go on
    looks = 0
    while looks < 2:  # the second sees what was between two threads at the first
        if given_up():
            return False
        looks = looks + 1 if _idle(management, pid, console) else 0
        time.sleep(_POLL_SECONDS)
    return True


def _idle(management: Management, pid: int, console: Path) -> bool:
    """Return whether no request is in a queue, in a worker or on its way back."""
    try:
        return management.pending() == 0 and not any(map(_works, stacks.of(pid, console)))
    except (*UNANSWERED, ProcessLookupError, TimeoutError):
        return False


def _works(stack: str) -> bool:
    """Return whether this is a worker's thread with a batch, or a connection's thread that reads or writes."""
    has_none = "BatchAggregator.getRequest" in stack or "WorkerThread.connect" in stack
    holds_batch = "WorkerThread.run" in stack and not has_none
    return holds_batch or "EventLoop.processReady" in stack or "EventExecutor.runAllTasks" in stack
