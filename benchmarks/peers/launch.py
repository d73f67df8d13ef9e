"""Start of a peer up to its first right answers, and its end."""

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
_PARTS = {"resource_tracker": "tracker"}  # process of Python's multiprocessing


class PeerError(UserError):
    """Error: a peer did not start."""


@dataclass(frozen=True)
class RunningPeer:
    """Running peer. ``parts`` is explained in Peer."""

    address: str
    routes: Mapping[Dialect, str]
    tree: ProcessTree
    parts: Mapping[str, str]

    def endpoint(self, dialect: Dialect) -> Endpoint:
        return Endpoint(f"{self.address}{self.routes[dialect]}", {"Content-Type": TYPES[dialect]})

    def pids(self) -> Mapping[int, str]:
        return {process.pid: self._part(process) for process in self.tree.members()}

    def wait_ready(self, log: Path) -> None:
        """Wait for a right answer in each dialect. Raises PeerError, with the end of the log, after two minutes."""
        deadline = time.monotonic() + _READY_SECONDS
        for dialect in self.routes:
            while complaint := self._complaint(dialect):
                if self.tree.ended or time.monotonic() > deadline:
                    raise PeerError(f"no right answer in {dialect}: {complaint}; its log ends: {_end(log)}")
                time.sleep(_POLL_SECONDS)

    def _complaint(self, dialect: Dialect) -> str:
        """Return the fault of an answer; empty if the answer is right."""
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
    """Command that starts a server, with its port and paths."""

    command: Sequence[str]
    port: int
    routes: Mapping[Dialect, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def started(self, directory: Path, scratch: Path, **more: str) -> Iterator[RunningPeer]:
        """Run the peer while the block runs, with more variables. Enter the block at once."""
        directory.mkdir(parents=True, exist_ok=True)
        variables = {**common_variables(), "TMPDIR": str(scratch), **self.variables, **more}
        with planted(self.command, variables, directory, directory / _LOG) as tree:
            yield RunningPeer(f"http://127.0.0.1:{self.port}", self.routes, tree, self.parts)

    @contextmanager
    def running(self, directory: Path, scratch: Path) -> Iterator[RunningPeer]:
        """Run the peer while the block runs. Enter after its first right answers. Raises PeerError."""
        bodies.samples()  # cached now, so that reading them is not part of the start time
        with self.started(directory, scratch) as service:
            service.wait_ready(directory / _LOG)
            yield service


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder for sockets and temporary files, with a short path: socket paths have at most 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="peer-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def common_variables() -> dict[str, str]:
    """Return the environment variables of all peers: weights and code of the model, and no proxy."""
    variables = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    own = {"DIGITS_BUNDLE": str(paths.BUNDLE), "PYTHONPATH": str(paths.ROOT)}
    return {**variables, **own, "PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "1"}


def _end(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-800:] or "empty"
