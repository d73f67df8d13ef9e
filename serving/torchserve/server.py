"""TorchServe on this machine, from start to drained stop."""

import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psutil

from handlers import counters, warm_up
from inference import files
from serving import log, processes, state
from serving.archives import admission
from serving.archives.record import Archive
from serving.errors import UserError
from serving.paths import METRICS, ROOT
from serving.state import StateFile
from serving.torchserve import command, failures, java, jvm, keys, ports, properties, scratch
from serving.torchserve import settings as node_settings
from serving.torchserve.drain import drain
from serving.torchserve.management import PLAIN, UNANSWERED, Management, ready_workers
from serving.waiting import within

_WORKER = "model_service_worker.py"
# Relative to the working directory, because the path of the run folder may exceed the 108 bytes of a socket's path.
SOCKET = "/proc/self/cwd/inference.sock"
_READY_SECONDS = 120.0
_DRAIN_SECONDS = 30.0
_END_SECONDS = 15.0  # TorchServe itself waits two times 2 s for its threads
_ANSWER_SECONDS = 2.0  # for the management API, which may be frozen, during a drain
_POLL_SECONDS = 0.05
_OTHERS_LOGS = (
    "supervisor.log",
    "gateway.log",
    "grpc.log",
)  # not rotated: their writers go on


class ServerError(UserError):
    """Error about a server that did not start, or died."""


@dataclass(frozen=True)
class Server:
    """Running server: its folder (keys, logs), addresses, process and scratch folder.

    archive         sha256 of the archive that it started with
    name            model of the archive, or another one that it serves
    behind_gateway  true if it listens for inference only at SOCKET, for a gateway
    """

    directory: Path
    inference: str
    management: str
    pid: int
    scratch: Path
    archive: str
    name: str
    behind_gateway: bool = False

    @property
    def running(self) -> bool:
        return processes.lives(self.pid, lambda process: command.CLASS in process.cmdline())

    @property
    def mark(self) -> str:
        """Return the header value that marks requests that workers must not count."""
        return self.scratch.name

    def of(self, model: str) -> "Server":
        """Return this server for another of its models."""
        return replace(self, name=model)

    def manage(self, name: str = "", **timeout: float) -> Management:
        """Return a client of the management API for this model, or for another registered name."""
        return Management(self.management, self._inference_client, self.directory, name or self.name, **timeout)

    @property
    def socket(self) -> str | None:
        """Return the path of its inference socket; None if it listens at a port."""
        return f"/proc/{self.pid}/cwd/{Path(SOCKET).name}" if self.behind_gateway else None

    def _inference_client(self) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=self.socket, verify=PLAIN, trust_env=False)
        return httpx.Client(base_url=self.inference, transport=transport, timeout=_ANSWER_SECONDS)

    def wait_ready(self) -> None:
        """Wait until every worker is READY. Raises ServerError with the last logged error after 120 s."""
        if not within(_READY_SECONDS, self._ready, _POLL_SECONDS):
            raise ServerError(f"no worker became READY: {self._last_error()}")

    def stop(self, seconds: float = _DRAIN_SECONDS, forced: Callable[[], bool] = lambda: False) -> None:
        """Answer the accepted requests, stop the server, and remove its processes, sockets and scratch folder.

        seconds  time for the answers; later ones are dropped
        forced   becomes true to stop without waiting
        """
        processes = self._processes()

        def over() -> bool:
            return not self.running or forced()

        if self.running and self._drain(seconds, over):
            with suppress(psutil.NoSuchProcess):
                psutil.Process(self.pid).terminate()
            within(_END_SECONDS, over, _POLL_SECONDS)
        self._end(processes)

    def kill(self) -> None:
        """Kill the JVM and its workers, and remove their files."""
        self._end(self._processes())

    def _end(self, processes: list[psutil.Process]) -> None:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=_END_SECONDS)
        shutil.rmtree(self.scratch, ignore_errors=True)
        for name in (_STATE.name, keys.FILE):
            (self.directory / name).unlink(missing_ok=True)

    def load_failures(self) -> list[str]:
        """Return a sentence for each time that a worker could not load the model."""
        return failures.of_model(self.directory / "logs", self.name)

    def _drain(self, seconds: float, over: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + seconds
        with self.manage(timeout=_ANSWER_SECONDS) as management:
            return drain(management, self.pid, self.console, lambda: over() or time.monotonic() > deadline)

    def _processes(self) -> list[psutil.Process]:
        """Return the JVM and its workers, which may outlive it. Their command lines contain the scratch folder."""
        processes = []
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or ())
            if str(self.scratch) in line and (command.CLASS in line or _WORKER in line):
                processes.append(process)
        return processes

    @property
    def console(self) -> Path:
        """Return the file of the JVM's output."""
        return self.directory / "logs" / "console.log"

    def _ready(self) -> bool:
        if not self.running:
            raise ServerError(f"TorchServe ended: {self._last_error()}")
        with suppress(*UNANSWERED), self.manage() as management:
            version = management.describe()[0]
            if version["workers"] and ready_workers(version) == len(version["workers"]):
                return True  # even if another version failed to load earlier
        if failed := self.load_failures():
            raise ServerError(failed[0])
        return False

    def _last_error(self) -> str:
        """Return the last error that TorchServe or a worker logged."""
        logs = self.directory / "logs"
        errors = [line for line in failures.lines(logs) if re.search("Error|Exception|ERROR", line)]
        return log.message(errors[-1]) if errors else f"see {logs}"


_STATE = StateFile("state.json", state.fields(Server), "scripts/down ends the server that runs there and removes it")


def start(
    directory: Path, archive: Archive, overrides: dict[str, str] | None = None, behind_gateway: bool = False
) -> Server:
    """Start a server in its folder, with config.properties and ``overrides``. Returns before workers are READY.

    behind_gateway  listen at a Unix socket for a gateway on this machine, which costs less than TCP

    Raises RefusedError, PortBusyError and UserError before anything is started, and ServerError if Java will not
    run.
    """
    archive = admission.admit(archive.path)
    archived = {"model_store": str(archive.path.parent), "load_models": archive.path.name}
    settings = node_settings.read(directory) | archived | (overrides or {})
    own = {key: use for key, use in properties.PORTS.items() if not (behind_gateway and key == "inference_address")}
    ports.check_all_free({properties.port(settings, key): use for key, use in own.items()})
    files.make_folder(directory, files.PRIVATE_FOLDER)  # private: it has keys, and the JVM loads classes from it
    directory.chmod(files.PRIVATE_FOLDER)  # an existing folder may have another mode
    _rotate_logs(directory / "logs")
    listens = {"inference_address": f"unix:{SOCKET}"} if behind_gateway else {}
    properties.write(settings | listens, directory / command.SETTINGS)
    shutil.copyfile(ROOT / "log4j2.xml", directory / "log4j2.xml")
    folder = scratch.make(executable=behind_gateway)
    addresses = settings["inference_address"], settings["management_address"]
    starting = Server(
        directory,
        *addresses,
        pid=0,
        scratch=folder,
        archive=archive.sha256,
        name=archive.name,
        behind_gateway=behind_gateway,
    )
    try:
        return _launch(starting, settings)
    except BaseException:
        starting.kill()  # without a state file, as on a full disk, the JVM would hold its ports forever
        raise


def can_be_behind_gateway() -> bool:
    """Return whether this system supports SOCKET."""
    return Path(SOCKET).parent.exists()


def find(directory: Path) -> Server | None:
    """Return the server that was started in this folder, running or not; None if stopped. Raises StateError."""
    running = _STATE.read(directory)
    return replace(running, directory=directory) if running else None


def find_running(directory: Path) -> Server | None:
    """The server that runs in this folder. Raises StateError."""
    server = find(directory)
    return server if server and server.running else None


def remember(server: Server) -> None:
    """Save the server for ``find``."""
    _STATE.write(server.directory, server)


def forget(directory: Path) -> None:
    """Remove the state file, so that ``find`` returns None. A running server becomes an orphan. Raises ServerError."""
    if (directory / _STATE.name).is_dir():
        raise ServerError(f"{directory / _STATE.name} is a folder, which no command made: remove it")
    _STATE.remove(directory)


def kill_orphans(directory: Path) -> int:
    """Kill servers that run in a folder without a state file, and return their number.

    A server becomes an orphan if its starter is killed before it writes the file.
    """
    running, ended = find(directory), 0
    for process in psutil.process_iter(["cmdline", "cwd"]):
        line = process.info["cmdline"] or ()
        stray = command.CLASS in line and process.info["cwd"] == str(directory.resolve())
        if stray and not (running and running.pid == process.pid):
            process.kill()
            process.wait(_END_SECONDS)
            for folder in filter(None, map(_scratch, line)):
                Server(directory, "", "", process.pid, folder, "", "").kill()  # also its workers and scratch folder
            ended += 1
    return ended


def _scratch(argument: str) -> Path | None:
    """Return the scratch folder in a JVM's argument; None for another argument or folder."""
    name, _, value = argument.partition("=")
    folder = Path(value)
    return folder if name == command.SCRATCH and folder.name.startswith(scratch.PREFIX) else None


def _rotate_logs(logs: Path) -> None:
    """Move TorchServe's logs of the last run to logs.previous."""
    previous = logs.with_name("logs.previous")
    shutil.rmtree(previous, ignore_errors=True)
    previous.mkdir()
    logs.mkdir(exist_ok=True)
    for file in logs.iterdir():
        if not file.name.startswith(_OTHERS_LOGS):
            file.rename(previous / file.name)


def _launch(server: Server, settings: dict[str, str]) -> Server:
    (server.directory / keys.FILE).unlink(missing_ok=True)
    pid = jvm.launch(server.directory, server.scratch, settings, _environment(server), server.console)
    if not pid:
        raise ServerError(f"TorchServe did not start: {server._last_error()}")
    started = replace(server, pid=pid)
    remember(started)
    return started


def _environment(server: Server) -> dict[str, str]:
    temporary = str(server.scratch)
    logs = str(server.directory / "logs")
    folders = {"TEMP": temporary, "TMPDIR": temporary, "LOG_LOCATION": logs, "METRICS_LOCATION": logs}
    variables = {counters.FOLDER: str(server.directory / METRICS), warm_up.MARK: server.mark}
    return java.environment() | folders | variables
