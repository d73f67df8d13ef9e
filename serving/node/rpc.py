"""Process that answers gRPC for a node: its start, its stop, and its resumption by another supervisor.

The sockets of this process and of the gateway have fixed names in the run folder, so each can be restarted alone.
"""

import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from serving import paths, processes, state
from serving.gateway.launch import GRPC_SOCKET, INSIDE_SOCKET
from serving.state import StateFile
from serving.torchserve.properties import SettingsError

_PACKAGE = "open_inference"  # module of the package open-inference-grpc
_MODULE = "serving.rpc"
_STOP_SECONDS = 35.0  # the process stops by itself within 30 s


@dataclass(frozen=True)
class RpcProcess:
    """Process that answers gRPC: its run folder, its process id, and the sha256 of its code."""

    directory: Path
    pid: int
    content: str

    @property
    def running(self) -> bool:
        """Return whether the process runs. Another process with the same id does not count."""
        return processes.lives(self.pid, lambda process: _MODULE in process.cmdline())

    def stop(self) -> None:
        """Stop the process after it has answered the accepted requests, within a time limit."""
        processes.end(self.pid, signal.SIGTERM, _STOP_SECONDS, lambda: self.running)
        _STATE.remove(self.directory)


_STATE = StateFile("grpc.json", state.fields(RpcProcess), "end the process of this node's gRPC, and remove it")


def check(behind_gateway: bool) -> None:
    """Check that this system can answer gRPC. Raises SettingsError if not.

    behind_gateway  whether the gateway and its parts use sockets in the run folder
    """
    if not behind_gateway:
        raise SettingsError("gateway_grpc=true needs /proc, which this system does not have: set it to false")
    if importlib.util.find_spec(_PACKAGE) is None:
        raise SettingsError("gateway_grpc=true needs the package open-inference-grpc: scripts/up installs it")


def start(directory: Path) -> RpcProcess:
    """Return the gRPC process of a run folder: the running one if it has the same code, or else a new one."""
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
        cwd=directory,  # relative paths of sockets are short enough for the kernel
        env={**os.environ, "PYTHONPATH": str(paths.ROOT)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C goes to the supervisor, which stops this process later
    )
    threading.Thread(target=process.wait, daemon=True).start()  # reap the process when it ends
    made = RpcProcess(directory, process.pid, content)
    _STATE.write(directory, made)
    return made


def find(directory: Path) -> RpcProcess | None:
    """Return the gRPC process started for this run folder, running or not; None if stopped. Raises StateError."""
    return _STATE.read(directory)


def _content() -> str:
    code = sorted((paths.ROOT / "serving" / "rpc").glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()
