"""A node, the commands that are run on it, and what clients noticed meanwhile."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

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
from training.digits import data

CLIENTS = Pace(16, 0.0)
READY_SECONDS = 60.0
MOST_SECONDS = 1.0  # until a right answer, where no process was killed
_COMMAND_SECONDS, _POLL = 600.0, 0.1
_MOST_PRINTED = 1 << 20  # bytes
_PORTS = 21_000, 32_000  # below those that systems give to connections
_CLIENT = "walker"

Found = TypeVar("Found")


class WalkError(UserError):
    """Difference between a command and the documentation, with the command's output."""


@dataclass
class Step:
    """A paragraph of the documentation, followed.

    messages error messages of commands that had to fail
    figures  of the requests meanwhile; None where no client asked
    kills    whether a process is killed, so that a request may take longer than a second, and be refused
    cuts     whether that process has connections or requests in hand, which are lost with it
    """

    title: str
    seconds: float = 0.0
    messages: list[str] = field(default_factory=list)
    figures: FaultFigures | None = None
    kills: bool = False
    cuts: bool = False

    @property
    def missed(self) -> list[str]:
        """The demands that are not met, with figures."""
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
        """Return once it has printed a text so often. Raises WalkError."""
        until(lambda: self.printed.count(text) >= times or self.process.poll() is not None, seconds, f"{text!r}")
        if self.printed.count(text) < times:
            raise WalkError(f"{self.process.args!r} ended: {self.printed[-500:]}")

    def ends(self, number: signal.Signals | None = None) -> None:
        """Wait until it has ended well, after a signal if one is named. Raises WalkError."""
        if number:
            self.process.send_signal(number)
        if status := self.process.wait(_COMMAND_SECONDS):
            raise WalkError(f"{self.process.args!r}: status {status}: {self.printed[-500:]}")


@dataclass
class Walk:
    """A node in ``folder``, on ports from ``first`` on; ``steps`` has what became of each.

    minutes  of key renewals
    """

    folder: Path
    first: int
    minutes: float
    steps: list[Step] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        return self.folder / "run"

    @property
    def place(self) -> list[str]:
        return [f"--directory={self.directory}"]

    @property
    def up(self) -> list[str]:
        """The command that starts the node."""
        return ["scripts/up", "--gateway", *self.place, f"--ports={self.first}"]

    @property
    def second(self) -> Path:
        """The run folder of another node."""
        return self.folder / "second"

    @property
    def gateway(self) -> Gateway:
        """The node's. Raises WalkError while there is none."""
        return there(gateway.find(self.directory), "gateway")

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command of the documentation; return its output. Raises WalkError for another status."""
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=_COMMAND_SECONDS)
        if bool(done.returncode) != fails:
            raise WalkError(f"{' '.join(command)}: status {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
        if fails:
            self.steps[-1].messages.append(_message(done.stderr).replace(f"{self.folder}/", ""))
        return done.stdout

    @contextmanager
    def started(self, *command: str) -> Iterator[BackgroundCommand]:
        """Run a command beside what the block does. It is killed at the end if it runs on."""
        with tempfile.TemporaryFile("w+", dir=self.folder) as output:
            process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
            try:
                yield BackgroundCommand(process, output)
            finally:
                process.kill()
                process.wait(READY_SECONDS)

    def keys(self) -> dict[str, str]:
        """TorchServe's keys by their names, as ``scripts/keys`` prints them."""
        printed = self.run("scripts/keys", *self.place)
        return dict(line.split("=", 1) for line in printed.splitlines())

    def enter(self) -> None:
        """Give the clients a key, and wait until the gateway takes it."""
        added = self.run("scripts/clients", *self.place, "add", _CLIENT, "--rate=100000")
        self._key.write_text(next(word for word in added.split() if word.startswith("inference_")))
        self._sample.write_bytes(data.load().test.images[0].tobytes())
        until(self.answers, READY_SECONDS, "an answer to the new key")

    def answers(self) -> bool:
        """Return whether the gateway answers a prediction."""
        running = gateway.find(self.directory)
        if not (running and self._key.exists()):
            return False
        command = ["curl", "-sf", "--cacert", str(running.certificate), "-H", f"@{self._header()}"]
        command += ["--data-binary", f"@{self._sample}", f"{running.url}/predictions/digits"]
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0

    @contextmanager
    def step(self, title: str, *, loaded: bool = True, kills: bool = False, cuts: bool = False) -> Iterator[Step]:
        """Record the block as one step, with clients that send requests meanwhile if ``loaded``."""
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

    def _clients(self) -> AbstractContextManager[list[Record]]:
        running = self.gateway
        service = load.ServiceAddress(running.url.partition("://")[2], running.certificate, self._key.read_text())
        return load.checked(service, self.folder, CLIENTS)

    @property
    def _key(self) -> Path:
        return self.folder / "key"

    @property
    def _sample(self) -> Path:
        return self.folder / "seven.bin"

    def _header(self) -> Path:
        """A file with the header that carries the clients' key: other users can read a command line."""
        file = self.folder / "header"
        file.touch(0o600)
        file.write_text(f"Authorization: Bearer {self._key.read_text()}\nContent-Type: application/octet-stream\n")
        return file


def _message(printed: str) -> str:
    """Return the error in a log, or the whole log if it has none."""
    errors = [line for line in printed.splitlines() if line.startswith("error: ")]
    return "\n".join(errors) if errors and "Traceback" not in printed else printed.strip()


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Return when it holds. Raises WalkError."""
    if not within(seconds, condition, _POLL):
        raise WalkError(f"not within {seconds:.0f} s: {what}")


def there(thing: Found | None, name: str) -> Found:
    """Return a thing that is there. Raises WalkError if it is None."""
    if thing is None:
        raise WalkError(f"no {name} runs")
    return thing


def consecutive() -> int:
    """The first of as many free ports in a row as a node takes."""
    number = len(settings.ports(str(_PORTS[0])))
    for first in range(*_PORTS, number):
        with suppress(PortBusyError):
            ports.check_all_free(dict.fromkeys(range(first, first + number), "a trial"))
            return first
    raise WalkError("no ports are free")
