"""HAProxy as a child process, and its log."""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from inference import files
from serving import rotation
from serving.errors import UserError
from serving.gateway import entries
from serving.gateway.entries import Entries
from serving.gateway.usage import Account
from serving.waiting import within

FOLDER = "gateway"  # in a run folder
_PIPE_BYTES = 256 << 10
_GATHER_SECONDS = 0.1  # lines are written in groups: an overload prints a thousand a second
_WORDS_SECONDS = 1.0


class GatewayError(UserError):
    """Error about a gateway that did not start, or refused a command."""


def run(config: Path, environment: dict[str, str], directory: Path, pipe: Path, memory: int) -> subprocess.Popen[bytes]:
    """Start HAProxy in a folder, with a configuration that reads its environment.

    pipe    path of the named pipe to create; HAProxy writes its log there for ``keep``
    memory  MiB of address space. HAProxy accepts only as many connections as fit in it; others wait in the kernel.

    Raises GatewayError if HAProxy is not installed.
    """
    binary = find()
    if not binary:
        raise GatewayError("HAProxy 2.6 or newer is needed (Debian and Ubuntu: apt-get install haproxy)")
    os.mkfifo(pipe, files.PRIVATE)
    # HAProxy has both ends: without a reader, as between two supervisors, lines are lost, but HAProxy does not stop.
    end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    process = subprocess.Popen(
        [binary, "-db", "-m", str(memory), "-f", str(config)],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=end,
        stderr=end,
        start_new_session=True,  # Ctrl-C goes to the supervisor, which stops HAProxy later
    )
    keep(pipe, log_of(directory), config, process)
    os.close(end)
    _batch(process.pid)
    return process


def _batch(pid: int) -> None:
    """Set HAProxy's scheduling policy to SCHED_BATCH, so that new requests do not preempt the worker.

    Where both share a core, this halves the context switches at twice the load that the node can take.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):  # it has ended, or the system forbids it
            os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))


def log_of(directory: Path) -> Path:
    """Return the path of HAProxy's log in a run folder."""
    return directory / "logs" / "gateway.log"


def last_words(log: Path) -> str:
    """Return the error that HAProxy logged last before it ended."""

    def alerts() -> list[str]:
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return [line for line in lines if '"ALERT"' in line]

    alert_lines = within(_WORDS_SECONDS, alerts)
    return str(json.loads(alert_lines[0])["message"]) if alert_lines else f"see {log}"


def find() -> str | None:
    """Return the path of HAProxy, or None. Look in /usr/sbin, too, which may not be on PATH."""
    return shutil.which("haproxy", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))


def keep(pipe: Path, log: Path, config: Path, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Write HAProxy's output to a log of bounded size, until HAProxy ends.

    process  HAProxy, if this process started it: its start and exit status are then logged
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    account = Account.of(log.parents[1] / FOLDER)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # does not wait for a writer
    os.set_blocking(end, True)
    threading.Thread(target=_keep, args=(end, Entries(config), log, account, process), daemon=True).start()


def _keep(end: int, made: Entries, path: Path, account: Account, process: "subprocess.Popen[bytes] | None") -> None:
    with open(end, "rb") as pipe:
        if process:
            _write(path, [entries.own(f"HAProxy starts as process {process.pid}")])
        for lines in _gathered(pipe):
            _write(path, [entry for line in lines if (entry := made.of(line))])
            with suppress(sqlite3.Error, OSError):  # as on a full disk
                account.fail(entries.errors(lines))
        if process:
            status = process.wait()
            _write(path, [entries.own(f"HAProxy ended with status {status}", "ERROR" if status else "INFO")])


def _write(log: Path, lines: list[str]) -> None:
    """Append lines; on a full disk they are lost."""
    if lines:
        with suppress(OSError):
            rotation.append(log, "".join(f"{line}\n" for line in lines).encode())


def _gathered(pipe: IO[bytes]) -> Iterator[list[str]]:
    """Yield the lines of a pipe in groups, so that neither this process nor HAProxy wakes up for each line."""
    rest = b""
    while block := os.read(pipe.fileno(), _PIPE_BYTES):
        *lines, rest = (rest + block).split(b"\n")
        yield [line.decode(errors="replace") for line in lines]
        time.sleep(_GATHER_SECONDS)
    if rest:
        yield [rest.decode(errors="replace")]
