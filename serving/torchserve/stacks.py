"""Stacks of a JVM's threads, all at one moment.

On SIGQUIT a JVM stops all threads for a moment and prints their stacks, as jstack would. They show whether a worker has
requests, which TorchServe's API does not.
"""

import fcntl
import os
import re
import signal
from pathlib import Path
from typing import IO

from serving.waiting import within

# A dump from its first line, the time, to the empty line after its last. Java prints the heap, too, unless vmargs has
# -XX:-PrintHeapAtSIGBREAK.
_DUMP = re.compile(rb"[\d-]{10} [\d:]{8}\nFull thread dump .*?\nJNI global ref[^\n]*\n\n", re.DOTALL)
_PRINT_SECONDS = 2.0
_POLL_SECONDS = 0.005


def of(pid: int, console: Path) -> list[str]:
    """Return a paragraph for each thread, which begins with its name in quotes.

    console  file that the JVM appends to; the stacks are removed from it

    Raises ProcessLookupError if there is no such process, and TimeoutError if it prints too late.
    """
    with console.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # without the lock, a second reader would remove these stacks
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
    """Remove all stacks from a file, also late ones of earlier calls."""
    file.seek(0)
    content = file.read()
    first = _DUMP.search(content)
    assert first
    rest = _DUMP.sub(b"", content[first.start() :])
    file.seek(first.start())
    file.write(rest)
    file.truncate()


def holds_work(stack: str, version: str) -> bool:
    """Return whether a thread has work of a version, ``NAME_1.0``, or is about to queue a request.

    ModelManager.addJob queues requests. A thread in it may have looked up the default version before that changed.
    """
    if "ModelManager.addJob" in stack:
        return True
    name, works = stack.partition("\n")[0], "WorkerThread.run" in stack and "BatchAggregator.getRequest" not in stack
    return works and name.startswith('"W-') and f'-{version}"' in name
