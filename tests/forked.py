"""Commands of scripts/ in processes forked from a process that has imported PyTorch.

The import takes longer than a training on a few hundred images. Tests of the start of a command start it as a user
does.
"""

import multiprocessing
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, TextIO

from scripts.commands.__main__ import main
from serving.paths import ROOT

_SECONDS = 240.0
_PRELOADED = ["training.fit.job", "training.digits.data", "matplotlib.backends.backend_agg"]
_CONTEXT = multiprocessing.get_context("forkserver")


class Command:
    """A running command. Its output may have at most the 64 KiB of a pipe."""

    def __init__(self, name: str, words: list[str], environment: dict[str, str]) -> None:
        _CONTEXT.set_forkserver_preload(_PRELOADED)
        self._stdout, stdout = _pipe()
        self.stderr, stderr = _pipe()
        self._process = _CONTEXT.Process(target=_become, args=(name, words, environment, stdout, stderr))
        self._process.start()
        stdout.close()
        stderr.close()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Return the exit status, or the negative number of the signal that ended the command. None while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """Kill the command, and wait for its end."""
        self._process.kill()
        self._process.join(_SECONDS)

    def completed(self) -> "subprocess.CompletedProcess[str]":
        """Wait for the end of the command. Return its status and output."""
        stderr = self.stderr.read()
        self._process.join(_SECONDS)
        assert self.returncode is not None
        return subprocess.CompletedProcess([], self.returncode, self._stdout.read(), stderr)

    def close(self) -> None:
        self.kill()
        self.stderr.close()
        self._stdout.close()


@contextmanager
def started(name: str, *words: object, **environment: str) -> Iterator[Command]:
    """Start a command, and kill it at the end of the block."""
    command = Command(name, [str(word) for word in words], environment)
    try:
        yield command
    finally:
        command.close()


def run(name: str, *words: object) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    with started(name, *words) as command:
        return command.completed()


def succeed(name: str, *words: object) -> "subprocess.CompletedProcess[str]":
    """Run a command, and check that it succeeds."""
    completed = run(name, *words)
    assert completed.returncode == 0, completed.stderr
    return completed


def _pipe() -> tuple[TextIO, "Connection[Any, Any]"]:
    """Open a pipe. Return its reading end here, and the writing end for another process."""
    reader, writer = _CONTEXT.Pipe(duplex=False)
    with reader:
        return os.fdopen(os.dup(reader.fileno())), writer


def _become(
    name: str,
    words: list[str],
    environment: dict[str, str],
    stdout: "Connection[Any, Any]",
    stderr: "Connection[Any, Any]",
) -> None:
    """Run the command in the forked process."""
    os.environ.update(environment)
    for end, number in ((stdout, 1), (stderr, 2)):
        os.dup2(end.fileno(), number)
        end.close()
    warnings.simplefilter("error")
    sys.argv = [str(ROOT / "scripts" / name), *words]  # as the user types it
    sys.exit(main(name, words))
