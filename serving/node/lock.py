"""A run folder belongs to one supervisor at a time, to one keeper, which starts it again, and to one change.

The kernel releases the locks of a process that was killed.
"""

import fcntl
import math
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from inference import files
from serving import processes
from serving.errors import UserError
from serving.waiting import within

SUPERVISOR, KEEPER, _CHANGE = "supervisor", "keeper", "deployment"
_LOCK_SECONDS = 0.5  # a process that only checks the lock holds it for a moment
_BRIEF_SECONDS = 1.0  # the supervisor locks a node only briefly, to start an explainer
_POLL_SECONDS = 0.05
_EXIT_SECONDS = 5.0


class LockedError(UserError):
    """A run folder that another process supervises or changes."""


@contextmanager
def hold(directory: Path, role: str = SUPERVISOR) -> Iterator[IO[str]]:
    """Lock the folder for this process while the block runs. Raises LockedError if another process has the lock.

    A forked process shares the lock until it closes the file that this function yields.
    """
    files.make_folder(directory, files.PRIVATE_FOLDER)
    path = _path(directory, role)
    path.touch(files.PRIVATE)  # a user who can open the file could also lock it
    with path.open("a+") as file:
        if not within(_LOCK_SECONDS, lambda: files.try_lock(file), _POLL_SECONDS):
            raise LockedError(f"process {_pid(path)} supervises {directory} already: scripts/down stops it")
        _sign(file)
        yield file


@contextmanager
def changing(
    directory: Path, wait: Callable[[str], object] | None = None, inherited: int | None = None
) -> Iterator[int]:
    """Lock starts, stops, rollouts and scaling in this folder while the block runs.

    wait       called with a sentence about the other process before this one waits for it; None refuses after 1 s
    inherited  descriptor of the lock, if the process that started this one holds it for the same change

    Yields the descriptor of the lock. The lock is free once every process has closed its copy, or was killed. Raises
    LockedError if another process holds the lock and ``wait`` is None.
    """
    path = _path(directory, _CHANGE)
    path.touch(files.PRIVATE)
    with open(path if inherited is None else inherited, "r+") as file:  # noqa: PTH123 - it may be a descriptor
        if not within(_BRIEF_SECONDS if wait is None else 0.0, lambda: files.try_lock(file)):
            other = f"process {file.read() or 'unknown'} starts, stops or changes the node in {directory}"
            if wait is None:
                raise LockedError(f"{other}: try again when it has ended")
            wait(f"{other}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        _sign(file)
        yield file.fileno()


def holder(directory: Path) -> int | None:
    """Return the process id of the folder's supervisor, or of the keeper that will start one; None without both."""
    return supervisor(directory) or _holder(directory, KEEPER)


def supervisor(directory: Path) -> int | None:
    """Return the process id of the folder's supervisor, or None."""
    return _holder(directory, SUPERVISOR)


def release(directory: Path, seconds: float) -> bool:
    """Stop the supervisor of the folder, and wait; kill it after ``seconds``. Return False if there is none."""
    # The keeper passes the signal on, and must end first, because it restarts a supervisor that was killed.
    pids = _holders(directory)
    if not pids:
        return False
    os.kill(pids[0], signal.SIGTERM)

    def left() -> set[int]:
        return {*pids} & {*_holders(directory)}

    within(seconds, lambda: not left(), _POLL_SECONDS)
    for pid in left():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    # A process still exits after it has released the lock.
    within(_EXIT_SECONDS, lambda: not any(map(processes.lives, pids)))
    return True


def _holders(directory: Path) -> list[int]:
    """The keeper and the supervisor that have the folder."""
    return [pid for role in (KEEPER, SUPERVISOR) if (pid := _holder(directory, role))]


def _holder(directory: Path, role: str) -> int | None:
    path = _path(directory, role)
    with suppress(FileNotFoundError), path.open() as file:
        if not files.try_lock(file, fcntl.LOCK_SH):
            return _pid(path)
    return None


def _path(directory: Path, role: str) -> Path:
    return directory / f"{role}.lock"


def _sign(file: IO[str]) -> None:
    """Let the file of a lock hold the number of this process alone."""
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()


def _pid(path: Path) -> int:
    return int(within(math.inf, path.read_text, _POLL_SECONDS))  # it may be about to be written
