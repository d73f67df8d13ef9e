"""A run folder belongs to one supervisor at a time. The kernel forgets the lock of one that was killed."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from model import files

_FILE = "supervisor.lock"
_LOCK_SECONDS = 0.5  # others who only look hold it for a moment
_POLL_SECONDS = 0.05


class LockedError(Exception):
    """A run folder that a supervisor has already."""


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """The folder is this process's while the block runs. Raises LockedError if it is another's."""
    files.make_folder(directory, files.PRIVATE_FOLDER)
    path = directory / _FILE
    path.touch(files.PRIVATE)  # other users could hold a lock that they can open
    with path.open("a+") as file:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise LockedError(f"process {_pid(directory)} supervises {directory} already")
            time.sleep(_POLL_SECONDS)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(directory: Path) -> int | None:
    """The process that has the folder; None if none has."""
    with suppress(FileNotFoundError), (directory / _FILE).open() as file:
        if not _locked(file, fcntl.LOCK_SH):
            return _pid(directory)
    return None


def release(directory: Path, seconds: float) -> bool:
    """Ask the supervisor that has the folder to stop, and wait. False if there is none; kills one that is too late."""
    pid = holder(directory)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while holder(directory) == pid:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    return True


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(directory: Path) -> int:
    while not (text := (directory / _FILE).read_text()):
        time.sleep(_POLL_SECONDS)  # it is about to be written
    return int(text)
