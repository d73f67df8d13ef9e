"""Stacks of a JVM's threads, all at one moment.

A JVM prints every thread's stack when it gets SIGQUIT, at a point where all of them stand still, as jstack would. That
tells what TorchServe's API does not: whether a worker has requests in hand.
"""

import fcntl
import os
import re
import signal
from pathlib import Path
from typing import IO

from serving.waiting import within

# From its first line, the time, to the empty line behind its last. Java prints the heap as well unless vmargs has
# -XX:-PrintHeapAtSIGBREAK.
_DUMP = re.compile(rb"[\d-]{10} [\d:]{8}\nFull thread dump .*?\nJNI global ref[^\n]*\n\n", re.DOTALL)
_PRINT_SECONDS = 2.0
_POLL_SECONDS = 0.005


def of(pid: int, console: Path) -> list[str]:
    """A paragraph for each thread, which begins with its name in quotes.

    console  the file that the JVM appends to; the stacks are removed from it

    Raises ProcessLookupError if there is no such process, and TimeoutError if it does not print in time.
    """
    with console.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two processes that read stacks, one would cut those of the other
        begin = file.seek(0, os.SEEK_END)
        os.kill(pid, signal.SIGQUIT)

        def stacks() -> re.Match[bytes] | None:
            file.seek(begin)
            return _DUMP.search(file.read())

        if not (printed := within(_PRINT_SECONDS, stacks, _POLL_SECONDS)):
            raise TimeoutError(f"process {pid} printed no stacks within {_PRINT_SECONDS:.0f} s")
        _cut(file)
    return [paragraph.strip() for paragraph in printed[0].decode(errors="replace").split("\n\n")]


def _cut(file: IO[bytes]) -> None:
    """Remove all stacks from a file, also those that came after their time was over."""
    file.seek(0)
    content = file.read()
    first = _DUMP.search(content)
    assert first
    rest = _DUMP.sub(b"", content[first.start() :])
    file.seek(first.start())
    file.write(rest)
    file.truncate()


def holds_work(stack: str, version: str) -> bool:
    """Return whether a thread has work of a version, ``NAME_1.0``, or is about to give some to a version.

    A request that names no version is given to the default one in ModelManager.addJob: who is in there may have looked
    it up before it changed.
    """
    if "ModelManager.addJob" in stack:
        return True
    name, works = stack.partition("\n")[0], "WorkerThread.run" in stack and "BatchAggregator.getRequest" not in stack
    return works and name.startswith('"W-') and f'-{version}"' in name
