"""Fault: a full disk. It is the disk of the run folder, with logs, archives, keys and counters."""

import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from resilience.faults.changes import packed, rollout
from resilience.faults.fault import Check, Injected
from resilience.faults.node import Node, may_mount
from serving.node import deployment
from serving.waiting import within

_FULL_SECONDS, _BACK_SECONDS = 2.0, 60.0
_LOG_SECONDS = 5.0
_BLOCK = 1 << 20


def fill(node: Node) -> Injected:
    """Fill the disk, try a rollout and kill a worker. Then free the space again."""
    archive = packed(node)
    served, log = deployment.read(node.directory), node.directory / "logs" / "gateway.log"
    began = time.monotonic()
    with _full(node.directory):
        refused = rollout(node, str(archive))
        unchanged = deployment.read(node.directory) == served
        hurt = node.wait_worker()
        os.kill(hurt, signal.SIGKILL)
        node.until(lambda: node.worker() not in (0, hurt), _BACK_SECONDS, "another worker on a full disk")
        time.sleep(_FULL_SECONDS)
    logged = _logs(node, log)
    checks = (
        Check("a rollout fails for want of space", refused or "it did not", os.strerror(errno.ENOSPC) in refused),
        Check("nothing else is served then", "the same" if unchanged else "another archive", unchanged),
        Check("the log goes on with space", "it does" if logged else "it does not", logged),
    )
    return Injected(began, {}, checks)


def lose_jvm(node: Node) -> Injected:
    """Kill the JVM by kill -9 while the disk is full. The supervisor starts another, if need be when space is free."""
    killed, began = node.server.pid, time.monotonic()
    with _full(node.directory) as fill_up:
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + _FULL_SECONDS
        while time.monotonic() < deadline:
            fill_up()  # fills space that was freed meanwhile
    node.until(lambda: node.ready() and node.worker(), _BACK_SECONDS, "another JVM once there is space")
    return Injected(began, {"full": _FULL_SECONDS})


def missing() -> str:
    return "" if may_mount() else "a file system of its own needs root"


@contextmanager
def _full(directory: Path) -> Iterator[Callable[[], None]]:
    """Fill the disk while the block runs. Yield a function that also fills space that was freed meanwhile."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file:

        def fill_up() -> None:
            for size in (_BLOCK, 1):
                _write(file.fileno(), size)

        try:
            fill_up()
            yield fill_up
        finally:
            ballast.unlink()


def _write(file: int, size: int) -> None:
    """Write blocks of ``size`` bytes until no block fits."""
    try:
        while os.write(file, bytes(size)):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def _logs(node: Node, log: Path) -> bool:
    """Return whether a request for an unknown path is logged."""
    before = log.stat().st_size
    command = ["curl", "--silent", "--cacert", str(node.certificate), f"https://{node.address}/nothing"]
    subprocess.run(command, check=True, capture_output=True)
    return within(_LOG_SECONDS, lambda: log.stat().st_size > before)
