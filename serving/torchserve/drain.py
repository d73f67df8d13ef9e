"""Drain of TorchServe: finish accepted requests.

TorchServe closes open sockets at once when it stops, so new requests must be refused and all others answered first. Its
API counts the requests in queues, but not those in workers or answers in transit: these show in thread stacks.
"""

import math
from collections.abc import Callable
from pathlib import Path

import httpx

from serving.torchserve import stacks
from serving.torchserve.management import UNANSWERED, Management
from serving.waiting import within

_ANSWERED, _GIVEN_UP = "answered", "given up"  # ends of a drain


def drain(management: Management, pid: int, console: Path, given_up: Callable[[], bool]) -> bool:
    """Refuse new requests and wait for accepted ones; return whether all were answered.

    management  of the server, with a timeout in case it is frozen
    pid         of its JVM
    console     file of the JVM's output
    given_up    becomes true to return before all requests are answered

    Rotates the inference key, so that requests with the old key are refused.
    """
    try:
        management.renew("inference")
    except (httpx.ConnectError, FileNotFoundError):
        return True  # TorchServe does not listen yet, or has stopped listening
    except UNANSWERED:
        pass  # TorchServe hangs, but may recover

    def end() -> str:
        if given_up():
            return _GIVEN_UP
        return _ANSWERED if _idle(management, pid, console) else ""

    # the second look sees what was between two threads at the first
    return within(math.inf, end, in_a_row=2) == _ANSWERED


def _idle(management: Management, pid: int, console: Path) -> bool:
    """Return whether no request is in a queue or a worker, and no answer in transit."""
    try:
        return management.pending() == 0 and not any(map(_works, stacks.of(pid, console)))
    except (*UNANSWERED, ProcessLookupError, TimeoutError):
        return False


def _works(stack: str) -> bool:
    """Return whether this is the thread of a worker with a batch, or of a connection that reads or writes."""
    has_none = "BatchAggregator.getRequest" in stack or "WorkerThread.connect" in stack
    holds_batch = "WorkerThread.run" in stack and not has_none
    return holds_batch or "EventLoop.processReady" in stack or "EventExecutor.runAllTasks" in stack
