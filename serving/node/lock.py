"""A run folder belongs to one supervisor at a time, and to one keeper, which starts the supervisor again.

The kernel forgets the lock of a process that was killed.
"""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from inference import files
from serving import processes
from serving.errors import UserError
from serving.waiting import within

SUPERVISOR, KEEPER = "supervisor", "keeper"
_LOCK_SECONDS = 0.5  # others who only look hold it for a moment
_POLL_SECONDS = 0.05
_EXIT_SECONDS = 5.0


class LockedError(UserError):
    """A run folder that a supervisor has already."""


@contextmanager
def hold(directory: Path, role: str = SUPERVISOR) -> Iterator[IO[str]]:
    """The folder is this process's while the block runs. Raises LockedError if it is another's.

    A process that is forked has the lock, too, until it closes the file that this yields.
    """
    files.make_folder(directory, files.PRIVATE_FOLDER)
    path = _path(directory, role)
    path.touch(files.PRIVATE)  # other users could hold a lock that they can open
    with path.open("a+") as file:
        if not within(_LOCK_SECONDS, lambda: files.try_lock(file), _POLL_SECONDS):
            raise LockedError(f"process {_pid(path)} supervises {directory} already: scripts/down stops it")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file


def holder(directory: Path) -> int | None:
    """The supervisor that has the folder, or the keeper that is about to start one; None if there is none."""
    return supervisor(directory) or _holder(directory, KEEPER)


def supervisor(directory: Path) -> int | None:
    """The supervisor that has the folder; None if there is none."""
    return _holder(directory, SUPERVISOR)


def release(directory: Path, seconds: float) -> bool:
    """Ask the supervisor that has the folder to stop, and wait. False if there is none; kills one that is too late."""
    # The keeper passes a signal on, and must be the first to end: it starts a supervisor that was killed again.
    pids = [pid for role in (KEEPER, SUPERVISOR) if (pid := _holder(directory, role))]
    if not pids:
        return False
    os.kill(pids[0], signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while left := [pid for pid in pids if pid in (_holder(directory, KEEPER), _holder(directory, SUPERVISOR))]:
        if time.monotonic() > deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    # Python has some work left after it gives the lock back.
    within(_EXIT_SECONDS, lambda: not any(map(processes.lives, pids)))
    return True


def _holder(directory: Path, role: str) -> int | None:
    path = _path(directory, role)
    with suppress(FileNotFoundError), path.open() as file:
        if not files.try_lock(file, fcntl.LOCK_SH):
            return _pid(path)
    return None


def _path(directory: Path, role: str) -> Path:
    return directory / f"{role}.lock"


def _pid(path: Path) -> int:
    while not (text := path.read_text()):
        time.sleep(_POLL_SECONDS)  # it is about to be written
    return int(text)
