"""A TorchServe on this machine, from start to drained stop."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psutil

from serving import admission, frontend, java, keys, ports, properties
from serving.management import Management, ManagementError
from serving.paths import NAME, ROOT
from serving.record import Archive

_TORCHSERVE = str(Path(sys.executable).with_name("torchserve"))
_STATE = "state.json"
_LOAD_FAILURE = "Failed to load model"
_READY_SECONDS = 120.0
_DRAIN_SECONDS = 30.0
_POLL_SECONDS = 0.05


class ServerError(Exception):
    """A server that did not start, or died."""


@dataclass(frozen=True)
class Server:
    """A running server: its folder (keys, logs), addresses, process, scratch folder and the archive it started with."""

    directory: Path
    inference: str
    management: str
    pid: int
    scratch: Path
    archive: str

    @property
    def running(self) -> bool:
        """Whether its process lives, and is not another that got the same number later."""
        try:
            process = psutil.Process(self.pid)
            return "org.pytorch.serve.ModelServer" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def manage(self, name: str = NAME) -> Management:
        """The management API, for the model of this name."""
        return Management(self.management, self.directory, name)

    def wait_ready(self) -> None:
        """Return when every worker is READY. Raises ServerError, with the log's end, if that does not come about."""
        _await(self._ready, _READY_SECONDS, lambda: f"no worker became READY: {self._last_words()}")

    def stop(self) -> None:
        """Let waiting requests finish, stop the server, and leave no process, socket or scratch folder behind."""
        if self.running:
            self._drain()
            processes = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
            command = [_TORCHSERVE, "--stop"]
            subprocess.run(command, cwd=self.directory, env=_environment(self), check=True, capture_output=True)
            for process in psutil.wait_procs(processes, timeout=_DRAIN_SECONDS)[1]:
                process.kill()
        shutil.rmtree(self.scratch, ignore_errors=True)
        for name in (_STATE, keys.FILE):
            (self.directory / name).unlink(missing_ok=True)

    def _ready(self) -> bool:
        if not self.running:
            raise ServerError(f"TorchServe ended: {self._last_words()}")
        if failures := self._logged(_LOAD_FAILURE):
            raise ServerError(failures[0].partition(" - ")[2])  # TorchServe would try again for minutes, in vain
        workers = self._described("workers")
        return bool(workers) and all(worker["status"] == "READY" for worker in workers)

    def _drain(self) -> None:
        """TorchServe closes live sockets at once when it stops, so wait until nothing is queued."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            queue = self._described("jobQueueStatus")
            if not queue or queue["pendingRequests"] == 0:
                return
            time.sleep(_POLL_SECONDS)

    def _described(self, field: str) -> Any:
        """A field of the model's description; None while the server cannot be asked."""
        try:
            with self.manage() as management:
                return management.describe()[0][field]
        except (httpx.TransportError, ManagementError, FileNotFoundError, ValueError):
            return None

    def _last_words(self) -> str:
        """The last error that TorchServe or a worker logged."""
        errors = self._logged("Error", "Exception", "ERROR")
        return errors[-1] if errors else f"see {self.directory / 'logs'}"

    def _logged(self, *words: str) -> list[str]:
        """The lines of this server's logs that have one of the words."""
        files = (self.directory / "logs" / name for name in ("console.log", "ts_log.log", "model_log.log"))
        lines = (line for file in files if file.exists() for line in file.read_text(errors="replace").splitlines())
        return [line.strip() for line in lines if any(word in line for word in words)]


def start(directory: Path, archive: Archive, overrides: dict[str, str] | None = None) -> Server:
    """Start a server in a folder of its own, with config.properties and the given settings on top.

    Raises RefusedError and PortBusyError before anything is started, and ServerError if Java will not run. Returns at
    once: ``wait_ready`` waits for the workers.
    """
    archive = admission.admit(archive.path)
    settings = properties.read() | {"model_store": str(archive.path.parent), "load_models": archive.path.name}
    settings |= overrides or {}
    for key, use in properties.PORTS.items():
        ports.check_free(properties.port(settings, key), use)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)  # the keys lie here, and the JVM takes classes and log settings from here
    _set_aside(directory / "logs")
    properties.write(settings, directory / "config.properties")
    shutil.copyfile(ROOT / "log4j2.xml", directory / "log4j2.xml")
    frontend.mend(directory)
    scratch = Path(tempfile.mkdtemp(prefix="digits-"))  # short, for a socket's path may have 108 bytes
    addresses = settings["inference_address"], settings["management_address"]
    try:
        return _launch(Server(directory, *addresses, pid=0, scratch=scratch, archive=archive.sha256))
    except BaseException:
        shutil.rmtree(scratch)
        raise


def find(directory: Path) -> Server | None:
    """The server that was started in this folder, running or not; None if it was stopped."""
    try:
        state = json.loads((directory / _STATE).read_text())
    except FileNotFoundError:
        return None
    return Server(**{**state, "directory": directory, "scratch": Path(state["scratch"])})


def _set_aside(logs: Path) -> None:
    """Keep the logs of the run before, and begin new ones."""
    previous = logs.with_name("logs.previous")
    shutil.rmtree(previous, ignore_errors=True)
    if logs.exists():
        logs.rename(previous)
    logs.mkdir()


def _launch(server: Server) -> Server:
    (server.directory / keys.FILE).unlink(missing_ok=True)
    command = [_TORCHSERVE, "--start", "--ncs", "--ts-config", "config.properties"]
    with (server.directory / "logs" / "console.log").open("w") as log:
        subprocess.run(command, cwd=server.directory, env=_environment(server), stdout=log, stderr=log, check=True)
    pid_file = server.scratch / ".model_server.pid"
    if not pid_file.exists():
        raise ServerError(f"TorchServe did not start: {server._last_words()}")
    pid = int(pid_file.read_text())
    started = replace(server, pid=pid)
    state = vars(started) | {"directory": str(server.directory), "scratch": str(server.scratch)}
    (server.directory / _STATE).write_text(json.dumps(state, indent=2))
    return started


def _environment(server: Server) -> dict[str, str]:
    scratch = str(server.scratch)
    logs = str(server.directory / "logs")
    return java.environment() | {"TEMP": scratch, "TMPDIR": scratch, "LOG_LOCATION": logs, "METRICS_LOCATION": logs}


def _await(condition: Callable[[], bool], seconds: float, failure: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ServerError(failure())
        time.sleep(_POLL_SECONDS)
