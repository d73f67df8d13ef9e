"""Node of the walkthrough, the commands that run on it, and their effect on its clients."""

import os
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

import httpx

from resilience.cluster import load
from resilience.cluster.clients import Pace, Record
from resilience.faults.fault_figures import FaultFigures, figures
from resilience.walkthrough import sentence
from serving.errors import UserError
from serving.gateway import gateway
from serving.gateway.gateway import Gateway
from serving.paths import ROOT
from serving.torchserve import ports, settings
from serving.torchserve.ports import PortBusyError
from serving.waiting import within

CLIENTS = Pace(16, 0.0)
READY_SECONDS = 60.0
MOST_SECONDS = 1.0  # longest time until a right answer, if no process was killed
_COMMAND_SECONDS, _POLL = 600.0, 0.1
_MOST_PRINTED = 1 << 20  # bytes
_PORTS = 21_000, 32_000  # below the ports that systems assign to connections
_CLIENT, _SAMPLE = "walker", bytes(784)

Found = TypeVar("Found")


class WalkError(UserError):
    """Difference between a command and the documentation, with the output of the command."""


@dataclass
class Step:
    """One step of the documentation.

    messages error messages of commands that had to fail
    figures  figures of the requests during the step; None if no client sent any
    kills    a process is killed, so a request may take longer than a second, or be refused
    cuts     that process has connections or requests, which are lost with it
    """

    title: str
    seconds: float = 0.0
    messages: list[str] = field(default_factory=list)
    figures: FaultFigures | None = None
    kills: bool = False
    cuts: bool = False

    @property
    def missed(self) -> list[str]:
        """Return the requirements that are not met, with their figures."""
        problems = [f"{fault}: {message!r}" for message in self.messages for fault in sentence.faults(message)]
        if not self.figures:
            return problems
        figures = self.figures
        if figures.wrong or (figures.lost and not self.cuts):
            problems.append(f"{figures.lost} lost, {figures.wrong} wrong: {figures.messages}")
        if not self.kills and (figures.slowest > MOST_SECONDS or figures.refused):
            problems.append(f"slowest {figures.slowest:.2f} s, {figures.refused} refused: {figures.messages}")
        return problems


@dataclass(frozen=True)
class BackgroundCommand:
    """Command in the background, and the file of its output."""

    process: "subprocess.Popen[bytes]"
    output: IO[str]

    @property
    def printed(self) -> str:
        return os.pread(self.output.fileno(), _MOST_PRINTED, 0).decode()

    def prints(self, text: str, times: int = 1, seconds: float = READY_SECONDS) -> None:
        """Wait until the command has printed a text ``times`` times. Raises WalkError."""
        until(lambda: self.printed.count(text) >= times or self.process.poll() is not None, seconds, f"{text!r}")
        if self.printed.count(text) < times:
            raise WalkError(f"{self.process.args!r} ended: {self.printed[-500:]}")

    def ends(self, number: signal.Signals | None = None) -> None:
        """Send a signal, if one is given, and wait until the command ends with status 0. Raises WalkError."""
        if number:
            self.process.send_signal(number)
        if status := self.process.wait(_COMMAND_SECONDS):
            raise WalkError(f"{self.process.args!r}: status {status}: {self.printed[-500:]}")


@dataclass
class Walk:
    """A node in ``folder`` on ports from ``first`` on. ``steps`` has the results of its steps.

    minutes  duration of the key renewals
    key      key of the clients; empty until they have one
    """

    folder: Path
    first: int
    minutes: float
    steps: list[Step] = field(default_factory=list)
    key: str = field(default="", repr=False)

    @property
    def directory(self) -> Path:
        return self.folder / "run"

    @property
    def up(self) -> str:
        """Return the command that starts the node."""
        return f"up --gateway --ports={self.first}"

    @property
    def second(self) -> Path:
        """Return the run folder of the second node."""
        return self.folder / "second"

    @property
    def gateway(self) -> Gateway:
        """Return the gateway of the node. Raises WalkError if there is none."""
        return there(gateway.find(self.directory), "gateway")

    def run(self, line: str, folder: Path | None = None, *, fails: bool = False) -> str:
        """Run a script of the documentation on a node, and return its output. Raises WalkError for another status."""
        command = self._command(line, folder)
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=_COMMAND_SECONDS)
        if bool(done.returncode) != fails:
            raise WalkError(f"{' '.join(command)}: status {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
        if fails:
            self.steps[-1].messages.append(_message(done.stderr).replace(f"{self.folder}/", ""))
        return done.stdout

    @contextmanager
    def started(self, line: str, folder: Path | None = None) -> Iterator[BackgroundCommand]:
        """Run a script on a node while the block runs. It is killed at the end if it still runs."""
        with tempfile.TemporaryFile("w+", dir=self.folder) as output:
            command = self._command(line, folder)
            process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
            try:
                yield BackgroundCommand(process, output)
            finally:
                process.kill()
                process.wait(READY_SECONDS)

    def keys(self) -> dict[str, str]:
        """Return TorchServe's keys by their names, as ``scripts/keys`` prints them."""
        return dict(line.split("=", 1) for line in self.run("keys").splitlines())

    def enter(self) -> None:
        """Add a key for the clients, and wait until the gateway accepts it."""
        added = self.run(f"clients add {_CLIENT} --rate=100000")
        self.key = next(word for word in added.split() if word.startswith("inference_"))
        until(self.answers, READY_SECONDS, "an answer to the new key")

    def answers(self) -> bool:
        """Return whether the gateway answers a prediction."""
        running = gateway.find(self.directory)
        if not (running and self.key):
            return False
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/octet-stream"}
        trust = ssl.create_default_context(cafile=str(running.certificate))
        with (
            httpx.Client(headers=headers, verify=trust, timeout=30, trust_env=False) as http,
            suppress(httpx.HTTPError),
        ):
            return http.post(f"{running.url}/predictions/digits", content=_SAMPLE).is_success
        return False

    @contextmanager
    def step(self, title: str, *, loaded: bool = True, kills: bool = False, cuts: bool = False) -> Iterator[Step]:
        """Record the block as one step. If ``loaded``, clients send requests meanwhile."""
        step = Step(title, kills=kills, cuts=cuts)
        self.steps.append(step)
        print(f"{title} ...", flush=True)
        began = time.monotonic()
        records: list[Record] = []
        with self._clients() if loaded else nullcontext(records) as records:
            yield step
        step.seconds = time.monotonic() - began
        step.figures = figures(records, began) if loaded else None
        print(f"  {step.seconds:.0f} s {step.figures or ''} {step.missed or ''}", flush=True)

    def _command(self, line: str, folder: Path | None) -> list[str]:
        """Return the words of a script's command. ``folder`` is the run folder of another node than the first."""
        name, *words = line.split()
        place = [] if name == "package" else [f"--directory={folder or self.directory}"]
        return [f"scripts/{name}", *place, *words]

    def _clients(self) -> AbstractContextManager[list[Record]]:
        running = self.gateway
        service = load.ServiceAddress(running.url.partition("://")[2], running.certificate, self.key)
        return load.checked(service, self.folder, CLIENTS)


def _message(printed: str) -> str:
    """Return the errors in a log, or the whole log if it has none."""
    errors = [line for line in printed.splitlines() if line.startswith("error: ")]
    return "\n".join(errors) if errors and "Traceback" not in printed else printed.strip()


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until a condition is true. Raises WalkError."""
    if not within(seconds, condition, _POLL):
        raise WalkError(f"not within {seconds:.0f} s: {what}")


def there(thing: Found | None, name: str) -> Found:
    """Return the argument. Raises WalkError if it is None."""
    if thing is None:
        raise WalkError(f"no {name} runs")
    return thing


def consecutive() -> int:
    """Return the first of enough consecutive free ports for a node. Raises WalkError if there are none."""
    number = len(settings.ports(str(_PORTS[0])))
    for first in range(*_PORTS, number):
        with suppress(PortBusyError):
            ports.check_all_free(dict.fromkeys(range(first, first + number), "a trial"))
            return first
    raise WalkError("no ports are free")
