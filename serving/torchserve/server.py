"""A TorchServe on this machine, from start to drained stop."""

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
from serving.torchserve import command, failures, java, jvm, keys, ports, properties, scratch
from serving.torchserve import settings as node_settings
from serving.torchserve.drain import drain
from serving.torchserve.management import PLAIN, UNANSWERED, Management, ready_workers
from serving.waiting import within

_WORKER = "model_service_worker.py"
_STATE = "state.json"
# For processes that stand in the run folder, whose own path may be longer than the 108 bytes that a socket's may have.
SOCKET = "/proc/self/cwd/inference.sock"
_READY_SECONDS = 120.0
_DRAIN_SECONDS = 30.0
_END_SECONDS = 15.0  # TorchServe waits twice 2 s for its own threads
_ANSWER_SECONDS = 2.0  # for the management API while it drains: it may be frozen
_POLL_SECONDS = 0.05
_OTHERS_LOGS = ("supervisor.log", "gateway.log", "grpc.log")  # go on while TorchServe is started again


class ServerError(UserError):
    """A server that did not start, or died."""


@dataclass(frozen=True)
class Server:
    """A running server: its folder (keys, logs), addresses, process and scratch folder.

    archive         sha256 of the archive that it started with
    name            of the archive's model, or of another that it serves
    behind_gateway  whether it listens for inference at SOCKET only, and a gateway forwards requests to it
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
        """Return the value of the header for requests that workers must not count."""
        return self.scratch.name

    def of(self, model: str) -> "Server":
        """Return the same server for another of its models."""
        return replace(self, name=model)

    def manage(self, name: str = "", **timeout: float) -> Management:
        """The management API, for the archive's model or another name that is registered."""
        return Management(self.management, self._inference_client, self.directory, name or self.name, **timeout)

    @property
    def socket(self) -> str | None:
        """Return the path of the socket that it listens at for inference; None if it listens at a port."""
        return f"/proc/{self.pid}/cwd/{Path(SOCKET).name}" if self.behind_gateway else None

    def _inference_client(self) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=self.socket, verify=PLAIN, trust_env=False)
        return httpx.Client(base_url=self.inference, transport=transport, timeout=_ANSWER_SECONDS)

    def wait_ready(self) -> None:
        """Return when every worker is READY. Raises ServerError, with the log's end, if that does not come about."""
        if not within(_READY_SECONDS, self._ready, _POLL_SECONDS):
            raise ServerError(f"no worker became READY: {self._last_error()}")

    def stop(self, seconds: float = _DRAIN_SECONDS, forced: Callable[[], bool] = lambda: False) -> None:
        """Answer what was accepted, stop the server, and leave no process, socket or scratch folder behind.

        seconds  for the answers; what takes longer is given up
        forced  becomes true to stop without waiting
        """
        processes = self._processes()
        if self.running and self._drain(seconds, forced):
            with suppress(psutil.NoSuchProcess):
                psutil.Process(self.pid).terminate()
            deadline = time.monotonic() + _END_SECONDS
            while not self._over(deadline, forced):
                time.sleep(_POLL_SECONDS)
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
        for name in (_STATE, keys.FILE):
            (self.directory / name).unlink(missing_ok=True)

    def load_failures(self) -> list[str]:
        """Return a sentence for each time that a worker could not load the model."""
        return failures.of_model(self.directory / "logs", self.name)

    def _drain(self, seconds: float, forced: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + seconds
        with self.manage(timeout=_ANSWER_SECONDS) as management:
            return drain(management, self.pid, self.console, lambda: self._over(deadline, forced))

    def _over(self, deadline: float, forced: Callable[[], bool]) -> bool:
        return not self.running or forced() or time.monotonic() > deadline

    def _processes(self) -> list[psutil.Process]:
        """The JVM, if it lives, and its workers, which may outlive it: the scratch folder is on their command lines."""
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
                return True  # also if another version failed to load some time
        if failed := self.load_failures():
            raise ServerError(failed[0])
        return False

    def _last_error(self) -> str:
        """The last error that TorchServe or a worker logged."""
        logs = self.directory / "logs"
        errors = [line for line in failures.lines(logs) if re.search("Error|Exception|ERROR", line)]
        return log.message(errors[-1]) if errors else f"see {logs}"


def start(
    directory: Path, archive: Archive, overrides: dict[str, str] | None = None, behind_gateway: bool = False
) -> Server:
    """Start a server in a folder of its own, with config.properties and the given settings on top.

    behind_gateway  listen at a Unix socket for a gateway on this machine, which costs less than TCP

    Raises RefusedError, PortBusyError and ScratchError before anything is started, and ServerError if Java will not
    run. Returns at once: ``wait_ready`` waits for the workers.
    """
    archive = admission.admit(archive.path)
    archived = {"model_store": str(archive.path.parent), "load_models": archive.path.name}
    settings = node_settings.read(directory) | archived | (overrides or {})
    own = {key: use for key, use in properties.PORTS.items() if not (behind_gateway and key == "inference_address")}
    ports.check_all_free({properties.port(settings, key): use for key, use in own.items()})
    files.make_folder(directory, files.PRIVATE_FOLDER)  # has keys, and the JVM takes classes and log settings from here
    directory.chmod(files.PRIVATE_FOLDER)  # if it existed
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
        starting.kill()  # a JVM that runs and is not remembered, as on a full disk, would keep the ports for ever
        raise


def can_be_behind_gateway() -> bool:
    """Return whether this system has SOCKET."""
    return Path(SOCKET).parent.exists()


def find(directory: Path) -> Server | None:
    """The server that was started in this folder, running or not; None if it was stopped. Raises StateError."""
    remedy = "scripts/down ends the server that runs there and removes it"
    running = state.read(directory / _STATE, state.fields(Server), remedy)
    return replace(running, directory=directory) if running else None


def remember(server: Server) -> None:
    """Let ``find`` find the server as it is now."""
    content = vars(server) | {"directory": str(server.directory), "scratch": str(server.scratch)}
    files.replace_json(server.directory / _STATE, content, files.PRIVATE)


def forget(directory: Path) -> None:
    """Make ``find`` return None. A running server becomes an orphan. Raises ServerError."""
    if (directory / _STATE).is_dir():
        raise ServerError(f"{directory / _STATE} is a folder, which no command made: remove it")
    (directory / _STATE).unlink(missing_ok=True)


def kill_orphans(directory: Path) -> int:
    """Kill servers that run in a folder without its state file: their starter was killed at that moment.

    Returns their number.
    """
    running, ended = find(directory), 0
    for process in psutil.process_iter(["cmdline", "cwd"]):
        line = process.info["cmdline"] or ()
        stray = command.CLASS in line and process.info["cwd"] == str(directory.resolve())
        if stray and not (running and running.pid == process.pid):
            process.kill()
            process.wait(_END_SECONDS)
            for folder in filter(None, map(_scratch, line)):
                Server(directory, "", "", process.pid, folder, "", "").kill()  # its workers and what it left
            ended += 1
    return ended


def _scratch(argument: str) -> Path | None:
    """The scratch folder that ``start`` made, if a JVM's argument names it; None for a folder that it did not make."""
    name, _, value = argument.partition("=")
    folder = Path(value)
    return folder if name == command.SCRATCH and folder.name.startswith(scratch.PREFIX) else None


def _rotate_logs(logs: Path) -> None:
    """Keep TorchServe's logs of the run before, and begin new ones."""
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
