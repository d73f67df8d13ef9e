"""What the threads of a JVM do, all at one moment.

A JVM prints every thread's stack when it gets SIGQUIT, at a point where all of them stand still, as jstack would. That
tells what TorchServe's API does not: whether a worker has requests in hand.
"""

import os
import signal
import time
from pathlib import Path

_LAST_LINE = "JNI global ref"  # begins the line behind the last stack
_PRINT_SECONDS = 2.0
_POLL_SECONDS = 0.005


def of(pid: int, console: Path) -> list[str]:
    """A paragraph for each thread, which begins with its name in quotes.

    console  the file that the JVM prints to

    Raises ProcessLookupError if there is no such process, and TimeoutError if it does not print in time.
    """
    begin = console.stat().st_size
    os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + _PRINT_SECONDS
    while time.monotonic() < deadline:
        printed = console.read_bytes()[begin:].decode(errors="replace")
        if _LAST_LINE in printed:
            return [paragraph.strip() for paragraph in printed.split("\n\n")]
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"process {pid} printed no stacks within {_PRINT_SECONDS:.0f} s")


def holds_work(stack: str, version: str) -> bool:
    """Whether a thread has work of a version, ``digits_1.0``, or is about to give some to a version.

    A request that names no version is given to the default one in ModelManager.addJob: who is in there may have looked
    it up before it changed.
    """
    if "ModelManager.addJob" in stack:
        return True
    name, works = stack.partition("\n")[0], "WorkerThread.run" in stack and "BatchAggregator.getRequest" not in stack
    return works and name.startswith('"W-') and f'-{version}"' in name
