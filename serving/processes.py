"""Processes that were started before, known by their numbers."""

import os
import signal
from collections.abc import Callable

import psutil

from serving.waiting import within


def lives(pid: int, is_ours: Callable[[psutil.Process], bool] = lambda _: True) -> bool:
    """Return whether a process lives, and is not another that got the same number later."""
    try:
        process = psutil.Process(pid)
        return is_ours(process) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end(pid: int, number: signal.Signals, seconds: float, is_running: Callable[[], bool]) -> None:
    """Send a process that runs this signal; kill it if it does not end within so many seconds."""
    if is_running():
        os.kill(pid, number)
        if not within(seconds, lambda: not is_running()):
            os.kill(pid, signal.SIGKILL)
