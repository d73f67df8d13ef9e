"""Start, find and stop a playground that runs in the background."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from serving import processes, state
from serving.errors import UserError
from serving.state import StateFile
from serving.torchserve.probe import answers
from serving.waiting import within

LOG = "playground.log"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Playground:
    """Process of a playground, and the URL of its page."""

    pid: int
    started: float  # start time of the process, because a later process may get the same pid
    url: str

    @property
    def running(self) -> bool:
        return processes.lives(self.pid, lambda process: process.create_time() == self.started)

    def stop(self, directory: Path) -> None:
        """End the process, and remove its state file. The page repeats requests that it has not answered."""
        processes.end(self.pid, signal.SIGTERM, _STOP_SECONDS, lambda: self.running)
        _STATE.remove(directory)


_REMEDY = "end the playground, if it runs, and remove the file"
_STATE = StateFile("playground.json", state.fields(Playground), _REMEDY)


def find(directory: Path) -> Playground | None:
    """Return the playground that runs in the background for the server in ``directory``, or None if it was stopped.

    Raises StateError.
    """
    return _STATE.read(directory)


def start(command: list[str], url: str, directory: Path) -> Playground:
    """Start a Python command in the background. Return when its page is reachable.

    Raises UserError, with the end of what it printed, if it ends or does not come within a minute.
    """
    log = directory / LOG
    log.unlink(missing_ok=True)
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    started = Playground(process.pid, psutil.Process(process.pid).create_time(), url)
    there = within(_START_SECONDS, lambda: answers(url) or process.poll() is not None, _POLL_SECONDS)
    if not there or process.poll() is not None:
        started.stop(directory)
        raise UserError(f"the playground did not start: {log.read_text()[-500:].strip() or log}")
    _STATE.write(directory, started)
    return started
