"""Node of a cluster: TorchServe, its supervisor and its gateway, in its own network."""

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import ours
from resilience.cluster import ready
from resilience.cluster.namespace import Namespace, Process
from serving.torchserve import server

PORT = 8443
_NOTICE = "1"  # seconds from "not ready" until the node stops; the edge notices within half a second
_STOP_SECONDS = 60.0


@dataclass
class ClusterNode:
    """Node that can be started, stopped, killed and frozen."""

    name: str
    network: Namespace
    directory: Path
    certificate: Path
    clients: Path
    settings: Mapping[str, str]
    process: Process | None = None

    @property
    def address(self) -> str:
        """Return the address of the gateway of the node."""
        return f"{self.network.address}:{PORT}"

    def start(self) -> None:
        """Start the node, and return at once. The edge notices when the node is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = {
            "gateway_address": f"https://{self.address}",
            "gateway_certificate": str(self.certificate),
            "gateway_clients": str(self.clients),
            "gateway_patience": "250",  # ms; then the edge tries another node
            # Every client has the address of the edge here. The edge limits clients by address instead.
            "gateway_source_connections": "2000",
            "gateway_source_connection_rate": "2000",
            "gateway_source_failures": "10000",
            "gateway_source_requests": "10000",
            **self.settings,
        }
        command = ours.serve_command(self.directory, settings, "--gateway", f"--notice={_NOTICE}")
        with (self.directory / "serve.log").open("ab") as log:
            self.process = self.network.popen(command, os.environ, log)

    def ask_to_stop(self) -> None:
        """Send SIGTERM: the node drains, and ends."""
        if self.process:
            self.process.terminate()

    def stop(self) -> None:
        """Stop the node, and wait until it has drained and ended."""
        self.ask_to_stop()
        if self.process:
            self.process.wait(_STOP_SECONDS)

    def restart(self) -> None:
        self.stop()
        self.start()

    def wait_ready(self) -> float:
        """Wait until TorchServe reports a READY worker. Return the monotonic time until which it had none."""
        return float(self.network.run(sys.executable, "-m", ready.__name__, str(self.directory)))

    def kill_jvm(self) -> None:
        running = server.find(self.directory)
        assert running, f"no TorchServe runs in {self.directory}"
        os.kill(running.pid, signal.SIGKILL)

    def freeze(self) -> None:
        """Freeze every process of the node. The kernel still accepts connections."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for process in self.network.processes():
            with suppress(psutil.NoSuchProcess):  # a short-lived process may have ended meanwhile
                process.send_signal(number)
