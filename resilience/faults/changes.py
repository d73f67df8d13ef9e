"""Changes by operators while clients send requests without a pause. No request may fail."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from resilience.cluster.clients import CROWD, FAILED
from resilience.faults.fault import CALM, Bounds, Check, FaultOutcome, Injected, seconds, under_load
from resilience.faults.fault_figures import figures
from resilience.faults.node import Node
from serving.node import deployment
from serving.paths import COMMANDS

_VERSION = "2.0"
_WORKERS = (2, 1, 3, 1)
_SECONDS = 300.0  # longest time of a command
_END_SECONDS = 30.0
_CLOSED = f"{FAILED}: ConnectionRefusedError"  # there is no listener any more, so the request was never sent


class ChangeError(Exception):
    """A command failed. The message is what it printed."""


def roll(node: Node) -> FaultOutcome:
    """Roll out a new version with all gates of scripts/rollout, and then roll back by --rollback."""
    archive, old = packed(node), _served(node)

    def there_and_back(node: Node) -> Injected:
        began = time.monotonic()
        _roll(node, str(archive))
        new = _served(node)
        _roll(node, "--rollback")
        now = _served(node)
        done = Check(f"{_VERSION} is served, then {old}", f"{new}, then {now}", (new, now) == (_VERSION, old))
        return Injected(began, {"took": time.monotonic() - began}, (done,))

    return under_load(there_and_back, Bounds(refused=0), CROWD)(node)


def scale(node: Node) -> Injected:
    """Scale up and down by scripts/scale."""
    began = time.monotonic()
    for number in _WORKERS:
        _run("scale", "--directory", str(node.directory), str(number))
    return Injected(began, {"workers": list(_WORKERS)})


def drain(node: Node) -> FaultOutcome:
    """Send SIGTERM, as systemd and Kubernetes do. Only requests with a connection count. Then start the node again."""
    assert node.process
    with node.load(CROWD) as records:
        time.sleep(CALM)
        began = time.monotonic()
        node.process.send_signal(signal.SIGTERM)
        status = node.process.wait(_SECONDS)
        took = time.monotonic() - began
    node.start()
    had = [record for record in records if not record.outcome.startswith(_CLOSED)]
    late = len(records) - len(had)
    result = figures(had, began)
    checks = [
        *Bounds(refused=0).checks(result),
        Check("who comes later is refused a connection", f"{late:,} times", late > 0),
        Check(f"at an end within {_END_SECONDS:g} s", seconds(took), took <= _END_SECONDS),
        Check("well", f"status {status}", status == 0),
    ]
    return FaultOutcome(result, checks, {"ended": took, "late": late})


def packed(node: Node) -> Path:
    """Return the archive as another version. Build it if it does not exist."""
    archive = node.folder / f"digits-{_VERSION}.mar"
    if not archive.exists():
        _run("package", "--version", _VERSION, "--out", str(archive))
    return archive


def rollout(node: Node, archive: str) -> str:
    """Return the error of scripts/rollout; empty if it succeeded."""
    try:
        _roll(node, archive)
    except ChangeError as error:
        return sentence(str(error))
    return ""


def sentence(printed: str) -> str:
    """Return the last error that a command printed; empty if it printed nothing."""
    return printed.strip().rpartition("\n")[2].removeprefix("error: ")


def _roll(node: Node, archive: str) -> None:
    """Roll out an archive, or roll back by ``--rollback``. Raises ChangeError."""
    _run("rollout", "--directory", str(node.directory), archive)


def _served(node: Node) -> str:
    deployed = deployment.read(node.directory)
    return deployed.current.version if deployed else ""


def _run(name: str, *arguments: str) -> None:
    command = [sys.executable, str(COMMANDS), name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise ChangeError(done.stderr.strip() or f"scripts/{name}: status {done.returncode}")
