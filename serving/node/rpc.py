"""The process that answers gRPC for a node: its start, its end, and its resumption by another supervisor.

Its socket and that of the gateway have fixed names in the run folder: each of the two can be started anew by itself.
"""

import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from inference import files
from serving import paths, processes, state
from serving.gateway.launch import GRPC_SOCKET, INSIDE_SOCKET
from serving.torchserve.properties import SettingsError

_PACKAGE = "open_inference"  # of open-inference-grpc
_MODULE = "serving.rpc"
_STATE = "grpc.json"
_STOP_SECONDS = 35.0  # it gives itself 30


@dataclass(frozen=True)
class RpcProcess:
    """A process that answers gRPC: its run folder, its number, and the sha256 of its code."""

    directory: Path
    pid: int
    content: str

    @property
    def running(self) -> bool:
        """Return whether its process lives, and is not another that got the same number later."""
        return processes.lives(self.pid, lambda process: _MODULE in process.cmdline())

    def stop(self) -> None:
        """Answer what was accepted, within a bound, and end."""
        processes.end(self.pid, signal.SIGTERM, _STOP_SECONDS, lambda: self.running)
        (self.directory / _STATE).unlink(missing_ok=True)


def check(behind_gateway: bool) -> None:
    """Check that gRPC can be answered; raise SettingsError if not.

    behind_gateway  whether the gateway and its parts use sockets in the run folder
    """
    if not behind_gateway:
        raise SettingsError("gateway_grpc=true needs /proc, which this system does not have: set it to false")
    if importlib.util.find_spec(_PACKAGE) is None:
        raise SettingsError("gateway_grpc=true needs the package open-inference-grpc: scripts/up installs it")


def start(directory: Path) -> RpcProcess:
    """Return the service of a run folder: the one that runs, if it has the same code, or else a new one."""
    directory, content = directory.resolve(), _content()
    running = find(directory)
    if running and running.running and running.content == content:
        return running
    if running:
        running.stop()
    log = directory / "logs" / "grpc.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", _MODULE, GRPC_SOCKET, INSIDE_SOCKET, str(log)],
        cwd=directory,  # where the sockets are: their whole paths may be longer than a socket's may be
        env={**os.environ, "PYTHONPATH": str(paths.ROOT)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the supervisor, which stops it when its turn has come
    )
    threading.Thread(target=process.wait, daemon=True).start()  # or it would be a zombie when it has ended
    made = RpcProcess(directory, process.pid, content)
    files.replace_json(directory / _STATE, {**asdict(made), "directory": str(directory)}, files.PRIVATE)
    return made


def find(directory: Path) -> RpcProcess | None:
    """The service that was started for this run folder, running or not; None if it was stopped. Raises StateError."""
    return state.read(
        directory / _STATE, state.fields(RpcProcess), "end the process of this node's gRPC, and remove it"
    )


def _content() -> str:
    code = sorted((paths.ROOT / "serving" / "rpc").glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()
