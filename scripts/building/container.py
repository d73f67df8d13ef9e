"""Node in a container with the restrictions of deploy/."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from scripts.building.engine import Engine
from scripts.building.node import RunningNode
from serving.errors import UserError
from serving.torchserve.ports import free

# The same as in deploy/compose and deploy/kubernetes.
STRICT = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=3g", "--pids-limit=512")
WRITABLE = ("--tmpfs=/tmp:size=1g,nosuid,nodev,exec", "--tmpfs=/var/lib/digits:size=512m,nosuid,nodev,noexec")
# The default arguments of the image, without the notice for balancers.
ARGUMENTS = ("--set=gateway_address=https://0.0.0.0:8443", "--set=health_address=http://0.0.0.0:8083")
_END_SECONDS = 60.0


class Container(RunningNode):
    """Node in a container of an image. Its gateway and its probes are published on loopback.

    options    options of the engine in addition to STRICT
    arguments  arguments of scripts/serve
    writable   options that mount the folders that the node writes to
    """

    directory = "/var/lib/digits/node"

    def __init__(
        self,
        engine: Engine,
        image: str,
        *options: str,
        arguments: Sequence[str] = ARGUMENTS,
        writable: Sequence[str] = WRITABLE,
    ) -> None:
        port, health = free(2)
        super().__init__(f"https://127.0.0.1:{port}", f"http://127.0.0.1:{health}")
        words = ["run", "--detach", *STRICT, *writable]
        words += [f"--publish=127.0.0.1:{port}:8443", f"--publish=127.0.0.1:{health}:8083"]
        if engine.is_podman:
            words.append("--no-healthcheck")  # podman needs systemd for health checks
        self.engine = engine
        self.id = engine.run(*words, *options, image, *arguments)

    def exec(self, *command: str) -> str:
        return self.engine.run("exec", self.id, *command)

    def _state(self, field: str) -> str:
        return self.engine.run("container", "inspect", "--format", f"{{{{.State.{field}}}}}", self.id)

    @property
    def running(self) -> bool:
        return self._state("Running") == "true"

    @property
    def status(self) -> int:
        """Return the exit status of the container."""
        return int(self._state("ExitCode"))

    def log(self) -> str:
        return self.engine.run("logs", self.id)

    def memory(self) -> int:
        """Return the memory of all processes in bytes. A page that several processes share counts once."""
        lines = self.exec("sh", "-c", "cat /proc/[0-9]*/smaps_rollup 2>/dev/null; true").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024

    def cpu(self) -> float:
        lines = self.exec("sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null; true").splitlines()
        times = [line.rpartition(")")[2].split()[11:13] for line in lines]
        return sum(int(ticks) for both in times for ticks in both) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> float:
        """Send SIGTERM, and return the seconds until the node ended. Raises UserError for a failure."""
        began = time.monotonic()
        try:
            self.engine.run("stop", "--time", f"{_END_SECONDS:.0f}", self.id, seconds=2 * _END_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise UserError("the container did not stop") from error
        if self.status:
            raise UserError(f"the node ended with status {self.status}: {self.log()[-500:]}")
        return time.monotonic() - began

    def remove(self) -> None:
        self.engine.run("rm", "--force", "--volumes", self.id)


@contextmanager
def running(engine: Engine, image: str, *options: str, **changed: Sequence[str]) -> Iterator[Container]:
    """Run a container while the block runs. It need not be READY. It is removed at the end."""
    container = Container(engine, image, *options, **changed)
    try:
        yield container
    finally:
        container.remove()
