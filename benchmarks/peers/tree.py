"""Processes of a server, which end together."""

import os
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from serving.waiting import within

_MARK = "DIGITS_PEER"
_GRACE = 10.0  # seconds between SIGTERM and SIGKILL
_KILLED = 10.0  # seconds that the kernel may take to remove killed processes
_POLL = 0.05


class ProcessTree:
    """Session leader, its descendants, and all processes with its mark in their environment.

    The mark finds processes that leave the session or lose their parent. The search for descendants finds processes
    that overwrite their environment with a title.
    """

    def __init__(self, root: "subprocess.Popen[bytes]", mark: str) -> None:
        self._root = root
        self._mark = mark
        self._known: set[psutil.Process] = set()

    @property
    def pid(self) -> int:
        return self._root.pid

    @property
    def ended(self) -> bool:
        """Return True if the first process has ended."""
        return self._root.poll() is not None

    def members(self) -> list[psutil.Process]:
        """Return all running processes, the session leader first."""
        self._known |= {process for process in psutil.process_iter() if self._belongs(process)}
        self._known |= {child for process in tuple(self._known) for child in _children(process)}
        self._known = {process for process in self._known if _lives(process)}
        return sorted(self._known, key=lambda process: (process.pid != self.pid, process.pid))

    def stop(self) -> None:
        """Send SIGTERM to all processes, and SIGKILL to those that still run after 10 s."""
        for process in self.members():
            _tell(process, "terminate")
        self._wait(_GRACE)
        deadline = time.monotonic() + _KILLED
        while (left := self.members()) and time.monotonic() < deadline:
            for process in left:
                _tell(process, "kill")
            self._wait(_POLL)
        self._root.wait(_KILLED)

    def _wait(self, seconds: float) -> None:
        def ended() -> bool:
            self._root.poll()  # reaps the process, which would otherwise stay a zombie
            return not self.members()

        within(seconds, ended, _POLL)

    def _belongs(self, process: psutil.Process) -> bool:
        try:
            return os.getsid(process.pid) == self.pid or process.environ().get(_MARK) == self._mark
        except (psutil.Error, OSError):
            return False


@contextmanager
def planted(
    command: Sequence[str], environment: Mapping[str, str], directory: Path, log: Path
) -> Iterator[ProcessTree]:
    """Run a command in ``directory`` while the block runs. All its processes end with the block."""
    mark = uuid.uuid4().hex
    with log.open("wb") as output:
        root = subprocess.Popen(
            command,
            cwd=directory,
            env={**environment, _MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        tree = ProcessTree(root, mark)
        try:
            yield tree
        finally:
            tree.stop()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _tell(process: psutil.Process, what: str) -> None:
    with suppress(psutil.Error):  # the process may have ended already
        getattr(process, what)()
