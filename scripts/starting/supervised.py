"""Start of TorchServe and the gateway with a supervisor in the background."""

import subprocess
import sys
from pathlib import Path

from scripts.output import report
from scripts.starting.alone import replace, report_changes
from serving import audit, paths
from serving import log as lines
from serving.gateway import gateway
from serving.gateway.gateway import Gateway
from serving.node import lock, models
from serving.node.deployment import Deployment
from serving.torchserve import java, server, settings
from serving.torchserve.probe import answers
from serving.torchserve.server import ServerError
from serving.waiting import within

_START_SECONDS = 120.0
_POLL_SECONDS = 0.1


def start(directory: Path, served: Deployment, change: int) -> Gateway:
    """Return the gateway of a ready node. Start a supervisor in the background if none runs.

    A new supervisor takes over the lock ``change`` of the node. It is stopped again if it fails.
    """
    log = directory / "logs" / "supervisor.log"
    if lock.holder(directory) is not None:
        report_changes(directory)
        return answering(directory, None, log)
    left = server.find(directory)
    if left and not (left.running and left.behind_gateway and left.archive == served.current.sha256):
        replace(left, "with another archive" if left.behind_gateway else "without a gateway")
    java.link(Path(sys.executable).parent)
    report("starting TorchServe, the gateway and their supervisor")
    with audit.recorded(directory, "start", version=served.current.version):
        process = supervisor(directory, log, change)
        try:
            return answering(directory, process, log)
        except BaseException:  # also after Ctrl-C
            report("stopping what was started")
            process.terminate()
            process.wait()
            raise


def supervisor(directory: Path, log: Path, change: int) -> "subprocess.Popen[bytes]":
    """Start a supervisor in the background, with a keeper that restarts it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(paths.COMMANDS), "serve", "--json", "--gateway", "--restart"]
    command += [f"--log={log}", f"--directory={directory}", f"--change={change}"]
    with log.open("a") as output:
        return subprocess.Popen(
            command,
            pass_fds=[change],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def answering(directory: Path, process: "subprocess.Popen[bytes] | None", log: Path) -> Gateway:
    """Wait for the gateway of a ready node. Raises ServerError after 120 s, or if the supervisor ``process`` ends."""

    def ready() -> Gateway | None:
        front = gateway.find_running(directory)
        return front if front and answers(f"{settings.noted(directory)['health_address']}/readyz") else None

    within(_START_SECONDS, lambda: ready() or (process and process.poll() is not None), _POLL_SECONDS)
    if front := ready():
        return front
    entries = log.read_text().splitlines() if log.exists() else []
    why = lines.message(entries[-1]) if entries else "scripts/down, and try again"
    raise ServerError(f"the gateway did not start: {why}")


def added(directory: Path) -> dict[str, str]:
    """Wait until all added models are served or have failed. Return the errors of failed models by name."""

    def settled() -> bool:
        running = server.find(directory)
        return running is not None and models.settled(running)

    within(_START_SECONDS, settled, _POLL_SECONDS)
    return models.failures(directory)
