"""Processes that were started earlier, identified by process id."""

import os
import signal
from collections.abc import Callable

import psutil

from serving.waiting import within


def lives(pid: int, is_ours: Callable[[psutil.Process], bool] = lambda _: True) -> bool:
    """Return whether a process runs. ``is_ours`` excludes another process that got the same id later."""
    try:
        process = psutil.Process(pid)
        return is_ours(process) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end(pid: int, number: signal.Signals, seconds: float, is_running: Callable[[], bool]) -> None:
    """Send a signal to a process if it runs; kill it if it does not end within ``seconds``."""
    if is_running():
        os.kill(pid, number)
        if not within(seconds, lambda: not is_running()):
            os.kill(pid, signal.SIGKILL)
