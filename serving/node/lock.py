"""Locks on a run folder: one for its supervisor, and one for the keeper that restarts the supervisor.

The kernel releases the locks of a process that was killed.
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
_LOCK_SECONDS = 0.5  # a process that only checks the lock holds it for a moment
_POLL_SECONDS = 0.05
_EXIT_SECONDS = 5.0


class LockedError(UserError):
    """Error about a run folder that already has a supervisor."""


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
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file


def holder(directory: Path) -> int | None:
    """Return the process id of the folder's supervisor, or of the keeper that will start one; None without both."""
    return supervisor(directory) or _holder(directory, KEEPER)


def supervisor(directory: Path) -> int | None:
    """Return the process id of the folder's supervisor, or None."""
    return _holder(directory, SUPERVISOR)


def release(directory: Path, seconds: float) -> bool:
    """Stop the supervisor of the folder, and wait; kill it after ``seconds``. Return False if there is none."""
    # The keeper passes the signal on, and must end first, because it restarts a supervisor that was killed.
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
    # A process still exits after it has released the lock.
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
        time.sleep(_POLL_SECONDS)  # the holder has locked the file, but not yet written its id
    return int(text)
