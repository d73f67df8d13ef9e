"""A node: TorchServe, its supervisor and its gateway, in a network of its own."""

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from resilience.cluster import ready
from resilience.cluster.namespace import Namespace, Process
from serving.paths import COMMANDS
from serving.torchserve import server

PORT = 8443
_NOTICE = "1"  # seconds from not ready to the end's beginning: the edge notices within half a second
_STOP_SECONDS = 60.0


@dataclass
class ClusterNode:
    """A node that can be started and stopped, and to which anything can be done that happens to machines."""

    name: str
    network: Namespace
    directory: Path
    certificate: Path
    clients: Path
    settings: Mapping[str, str]
    process: Process | None = None

    @property
    def address(self) -> str:
        """Return the address of its gateway."""
        return f"{self.network.address}:{PORT}"

    def start(self) -> None:
        """Returns at once: the edge finds out when it is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = {
            "gateway_address": f"https://{self.address}",
            "gateway_certificate": str(self.certificate),
            "gateway_clients": str(self.clients),
            "gateway_patience": "250",  # ms; then the edge asks another node
            # All clients have the edge's address, which limits them in the nodes' stead.
            "gateway_source_connections": "2000",
            "gateway_source_connection_rate": "2000",
            "gateway_source_failures": "10000",
            "gateway_source_requests": "10000",
            **self.settings,
        }
        command = [sys.executable, str(COMMANDS), "serve", "--gateway", "--directory", str(self.directory)]
        command += ["--notice", _NOTICE, *(f"--set={name}={value}" for name, value in settings.items())]
        with (self.directory / "serve.log").open("ab") as log:
            self.process = self.network.popen(command, os.environ, log)

    def ask_to_stop(self) -> None:
        """SIGTERM: it drains, and ends."""
        if self.process:
            self.process.terminate()

    def stop(self) -> None:
        """Returns when it has drained and ended."""
        self.ask_to_stop()
        if self.process:
            self.process.wait(_STOP_SECONDS)

    def restart(self) -> None:
        self.stop()
        self.start()

    def wait_ready(self) -> float:
        """Return, once TorchServe reports a READY worker, the monotonic time until which it had none."""
        return float(self.network.run(sys.executable, "-m", ready.__name__, str(self.directory)))

    def kill_jvm(self) -> None:
        running = server.find(self.directory)
        assert running, f"no TorchServe runs in {self.directory}"
        os.kill(running.pid, signal.SIGKILL)

    def freeze(self) -> None:
        """Freeze every process; the kernel still accepts connections."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for process in self.network.processes():
            with suppress(psutil.NoSuchProcess):  # something short that ended meanwhile
                process.send_signal(number)
