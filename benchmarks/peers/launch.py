"""A peer from its start to its first right answers, and its end."""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks import bodies
from benchmarks.contender import TYPES, Dialect, Endpoint
from benchmarks.peers.tree import ProcessTree, planted
from serving import paths
from serving.errors import UserError

_LOG = "console.log"
_READY_SECONDS = 120.0
_POLL_SECONDS = 0.05
_PARTS = {"resource_tracker": "tracker"}  # multiprocessing's


class PeerError(UserError):
    """A peer did not start."""


@dataclass(frozen=True)
class RunningPeer:
    """Address, paths by format, processes, and marks of its parts (see Peer)."""

    address: str
    routes: Mapping[Dialect, str]
    tree: ProcessTree
    parts: Mapping[str, str]

    def endpoint(self, dialect: Dialect) -> Endpoint:
        return Endpoint(f"{self.address}{self.routes[dialect]}", {"Content-Type": TYPES[dialect]})

    def pids(self) -> Mapping[int, str]:
        return {process.pid: self._part(process) for process in self.tree.members()}

    def wait_ready(self, log: Path) -> None:
        """Return when each dialect was answered right. Raises PeerError, with the log's end, if that takes too long."""
        deadline = time.monotonic() + _READY_SECONDS
        for dialect in self.routes:
            while complaint := self._complaint(dialect):
                if self.tree.ended or time.monotonic() > deadline:
                    raise PeerError(f"no right answer in {dialect}: {complaint}; its log ends: {_end(log)}")
                time.sleep(_POLL_SECONDS)

    def _complaint(self, dialect: Dialect) -> str:
        """Return the fault of an answer; empty if it has none."""
        try:
            bodies.check_first(self.endpoint(dialect), dialect)
        except (httpx.HTTPError, bodies.AnswerError) as error:
            return f"{type(error).__name__} {error}"
        return ""

    def _part(self, process: psutil.Process) -> str:
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            command = ""
        named = (part for text, part in {**_PARTS, **self.parts}.items() if text in command)
        return next(named, "server" if process.pid == self.tree.pid else "worker")


@dataclass(frozen=True)
class Launch:
    """Command that starts a server, and the address where it answers then."""

    command: Sequence[str]
    port: int
    routes: Mapping[Dialect, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def started(self, directory: Path, scratch: Path, **more: str) -> Iterator[RunningPeer]:
        """Enter at once, with more variables; on the way out it ends."""
        directory.mkdir(parents=True, exist_ok=True)
        variables = {**common_variables(), "TMPDIR": str(scratch), **self.variables, **more}
        with planted(self.command, variables, directory, directory / _LOG) as tree:
            yield RunningPeer(f"http://127.0.0.1:{self.port}", self.routes, tree, self.parts)

    @contextmanager
    def running(self, directory: Path, scratch: Path) -> Iterator[RunningPeer]:
        """Enter when its first answers came; on the way out it ends. Raises PeerError."""
        bodies.samples()  # read now, not while its start is timed
        with self.started(directory, scratch) as service:
            service.wait_ready(directory / _LOG)
            yield service


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """For sockets and temporary files; its path is short, for a socket's may have 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="peer-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def common_variables() -> dict[str, str]:
    """Return the environment of every peer: the weights and the model's code, and no proxy."""
    variables = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    own = {"DIGITS_BUNDLE": str(paths.BUNDLE), "PYTHONPATH": str(paths.ROOT)}
    return {**variables, **own, "PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "1"}


def _end(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-800:] or "empty"
