"""Running edge, and the states that it reports of the nodes."""

import csv
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from resilience.cluster.authority import Authority
from resilience.cluster.namespace import Namespace, Process
from serving.errors import UserError
from serving.waiting import within

PORT = 443
_SERVER = "2"  # type of a server in the statistics, which also list frontends and backends
_START_SECONDS = 10.0
_POLL_SECONDS = 0.01


class BalancerError(UserError):
    """The edge did not start, or a node did not reach a state in time."""


@dataclass(frozen=True)
class BalancedNode:
    """State of a node in the edge's statistics.

    up        it gets requests
    requests  sent to it so far
    working   requests that it has not answered yet
    slow      it came up recently, and gets fewer requests than the others
    """

    up: bool
    requests: int
    working: int
    slow: bool

    @property
    def out(self) -> bool:
        """Return True if it gets no requests and has answered all."""
        return not self.up and not self.working


class Change(NamedTuple):
    """Time when a node went up or down, in monotonic seconds, and its number of requests before and after."""

    at: float
    before: int
    after: int


@dataclass(frozen=True)
class Balancer:
    address: str
    socket: Path

    def nodes(self) -> dict[str, BalancedNode]:
        """Return every node by name. Raises OSError if the edge does not answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(b"show stat\n")
            text = b"".join(iter(lambda: connection.recv(65536), b"")).decode().removeprefix("# ")
        rows = [row for row in csv.DictReader(text.splitlines()) if row["pxname"] == "quick" and row["type"] == _SERVER]
        return {row["svname"]: _node(row) for row in rows if row["status"] != "no check"}

    def wait(self, name: str, *, up: bool, seconds: float) -> Change:
        """Wait until a node is up, or out. Raises BalancerError after that many seconds."""
        deadline, before = time.monotonic() + seconds, self.nodes()[name].requests
        while (node := self.nodes()[name]) and not (node.up if up else node.out):
            before = node.requests
            if time.monotonic() > deadline:
                raise BalancerError(f"node {name} was not {'in' if up else 'out'} within {seconds:.0f} s")
            time.sleep(_POLL_SECONDS)
        return Change(time.monotonic(), before, node.requests)


@contextmanager
def running(network: Namespace, configuration: str, authority: Authority, folder: Path) -> Iterator[Balancer]:
    """Run the edge in a network until the block ends. ``configuration`` is the result of ``edge.render``."""
    scratch = Path(tempfile.mkdtemp(prefix="digits-edge-"))  # short, because the path of a socket has at most 108 bytes
    balancer = Balancer(f"{network.address}:{PORT}", scratch / "socket")
    (folder / "edge.cfg").write_text(configuration)
    settings = {
        "EDGE_BIND": balancer.address,
        "EDGE_CERTIFICATE": str(authority.issue(network.address)),
        "EDGE_NODES_CA": str(authority.certificate),
        "EDGE_SOCKET": str(balancer.socket),
    }
    with (folder / "edge.log").open("wb") as log:
        process = network.popen(["haproxy", "-db", "-f", str(folder / "edge.cfg")], os.environ | settings, log)
    try:
        _await(balancer, process)
        yield balancer
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(scratch)


def _await(balancer: Balancer, process: Process) -> None:
    def answers() -> bool:
        try:
            return bool(balancer.nodes())
        except OSError:
            return False

    if not within(_START_SECONDS, lambda: process.poll() is not None or answers()) or process.poll() is not None:
        raise BalancerError("the edge did not start: see edge.log")


def _node(row: Mapping[str, str]) -> BalancedNode:
    return BalancedNode(row["status"].startswith("UP"), int(row["stot"]), int(row["scur"]), bool(row["throttle"]))
