"""Node for faults: TorchServe, its supervisor and its gateway, all in one folder."""

import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
import psutil

from benchmarks import ours
from resilience.cluster import load
from resilience.cluster.clients import STEADY, Pace, Record
from resilience.cluster.ready import ready_worker
from serving.errors import UserError
from serving.gateway import gateway
from serving.gateway.gateway import Gateway
from serving.node import lock
from serving.torchserve import server
from serving.torchserve.probe import answers
from serving.torchserve.server import Server

_CONNECTIONS = 20_000  # limits of one address, because all clients have the same address here
_STORE_MIB = 48  # size of the run folder's own file system
_START_SECONDS, _STOP_SECONDS, _LOOK_SECONDS = 120.0, 90.0, 5.0
_POLL_SECONDS, _ANSWER_SECONDS = 0.02, 65.0

T = TypeVar("T")


class NodeError(UserError):
    """The node did not reach the expected state."""


@dataclass
class Node:
    """A running node. ``folder`` has its run folder and all logs; ``address`` is host:port of the gateway."""

    folder: Path
    settings: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    key: str = field(default="", repr=False)

    @property
    def directory(self) -> Path:
        """Return the run folder. If this process may mount, it is a separate file system."""
        return self.folder / "run"

    @property
    def address(self) -> str:
        return self.settings["gateway_address"].removeprefix("https://")

    @property
    def certificate(self) -> Path:
        return self.gateway.certificate

    @property
    def server(self) -> Server:
        """Return the running TorchServe. Raises NodeError if there is none."""
        if running := server.find(self.directory):
            return running
        raise NodeError("no TorchServe runs")

    @property
    def gateway(self) -> Gateway:
        """Return the running gateway. Raises NodeError if there is none."""
        if running := gateway.find(self.directory):
            return running
        raise NodeError("no gateway runs")

    @property
    def supervisor(self) -> int:
        """Return the process id of the supervisor. Raises NodeError if there is none."""
        assert self.process
        if (pid := lock.holder(self.directory)) in (None, self.process.pid):
            raise NodeError("no supervisor runs")
        return pid

    def worker(self) -> int:
        """Return the process id of a READY worker of the default version, or 0 if there is none."""
        return ready_worker(self.directory)

    def wait_worker(self) -> int:
        """Wait for a READY worker of the default version, and return its process id. Raises NodeError."""
        return self.until(self.worker, _START_SECONDS, "a READY worker")

    def pids(self) -> dict[int, str]:
        """Return the part of the node that each of its processes belongs to, by process id."""
        pids = {self.supervisor: "supervisor", self.gateway.pid: "gateway", self.server.pid: "jvm"}
        for child in psutil.Process(self.server.pid).children(recursive=True):
            pids[child.pid] = "worker" if child.pid == self.worker() else "explainer"
        return pids

    def ready(self) -> bool:
        """Return whether the supervisor reports ready."""
        return self.says("/readyz")

    def says(self, path: str) -> bool:
        """Return whether the supervisor answers 200 at a path."""
        return answers(self.settings["health_address"] + path)

    def restarts(self) -> dict[str, int]:
        """Return how often the supervisor has restarted TorchServe and the gateway."""
        page = httpx.get(f"{self.settings['health_address']}/metrics", timeout=_LOOK_SECONDS, trust_env=False).text
        metrics = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
        return {part: int(float(metrics[f"inference_{part}_restarts_total"])) for part in ("server", "gateway")}

    def until(self, condition: Callable[[], T], seconds: float, what: str) -> T:
        """Wait until a condition returns a true value, and return it. Raises NodeError."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise NodeError(f"not within {seconds:.0f} s: {what}")
            if self.process and self.process.poll() is not None:
                raise NodeError(f"the supervisor ended: see {self.folder / 'serve.log'}")
            time.sleep(_POLL_SECONDS)
        return value

    def load(self, pace: Pace = STEADY) -> AbstractContextManager[list[Record]]:
        """Send checked requests while the block runs. At its end, the list gets the outcome of each request."""
        return load.checked(load.ServiceAddress(self.address, self.certificate, self.key), self.folder, pace)

    def client(self) -> httpx.Client:
        """Return an HTTP client of the gateway, with the key and the type of raw pixels."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/octet-stream"}
        trust, url = ssl.create_default_context(cafile=str(self.certificate)), f"https://{self.address}"
        return httpx.Client(base_url=url, headers=headers, verify=trust, timeout=_ANSWER_SECONDS, trust_env=False)

    def start(self) -> None:
        """Start the node. Return when a worker is READY and the gateway accepts the key of the clients."""
        command = ours.serve_command(self.directory, self.settings, "--gateway", "--restart")
        with (self.folder / "serve.log").open("ab") as log:
            environment = os.environ | self.environment
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.until(lambda: gateway.find(self.directory), _START_SECONDS, "a gateway")
        if self.key:
            self.gateway.refresh()
        else:
            self.key = ours.load_key(self.gateway)
        self.until(lambda: self.ready() and self.worker(), _START_SECONDS, "a READY worker")

    def stop(self) -> None:
        """Stop the node. Return when it has drained, or was killed because it took too long."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for left in (gateway.find(self.directory), server.find(self.directory)):
            if left:
                left.stop()


@contextmanager
def running(folder: Path, environment: Mapping[str, str] | None = None, **settings: str) -> Iterator[Node]:
    """Run a node in ``folder`` until the block ends. The block starts when the node is ready."""
    limits = dict.fromkeys(("gateway_source_connections", "gateway_source_connection_rate"), str(_CONNECTIONS))
    node = Node(folder, ours.node_ports("https") | limits | settings, environment or {})
    with _own_disk(node.directory):
        try:
            node.start()
            yield node
        finally:
            node.stop()


@contextmanager
def _own_disk(directory: Path) -> Iterator[None]:
    """Mount a small file system in memory, if this process may mount."""
    directory.mkdir(parents=True)
    if not may_mount():
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_STORE_MIB}m", "tmpfs", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def may_mount() -> bool:
    return os.geteuid() == 0
