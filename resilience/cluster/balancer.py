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
    """The edge did not start, or a node did not reach the expected state."""


@dataclass(frozen=True)
class Seen:
    """State of a node at the edge: whether it gets requests, the number sent so far, and the number in progress.

    slow  the node has just come back, and gets less than its share
    """

    up: bool
    requests: int
    working: int
    slow: bool

    @property
    def out(self) -> bool:
        """Return whether the node gets no requests and has none in progress."""
        return not self.up and not self.working


class Change(NamedTuple):
    """Time when a node came in or went out, in monotonic seconds, and the number of its requests before and after."""

    at: float
    before: int
    after: int


@dataclass(frozen=True)
class Balancer:
    address: str
    socket: Path

    def seen(self) -> dict[str, Seen]:
        """Return the state of every node by name. Raises OSError if the edge does not answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(b"show stat\n")
            text = b"".join(iter(lambda: connection.recv(65536), b"")).decode().removeprefix("# ")
        rows = [row for row in csv.DictReader(text.splitlines()) if row["pxname"] == "quick" and row["type"] == _SERVER]
        return {row["svname"]: _seen(row) for row in rows if row["status"] != "no check"}

    def wait(self, name: str, *, up: bool, seconds: float) -> Change:
        """Wait until a node gets requests, or is out. Raises BalancerError if it takes longer than ``seconds``."""
        deadline, before = time.monotonic() + seconds, self.seen()[name].requests
        while (seen := self.seen()[name]) and not (seen.up if up else seen.out):
            before = seen.requests
            if time.monotonic() > deadline:
                raise BalancerError(f"node {name} was not {'in' if up else 'out'} within {seconds:.0f} s")
            time.sleep(_POLL_SECONDS)
        return Change(time.monotonic(), before, seen.requests)


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
            return bool(balancer.seen())
        except OSError:
            return False

    if not within(_START_SECONDS, lambda: process.poll() is not None or answers()) or process.poll() is not None:
        raise BalancerError("the edge did not start: see edge.log")


def _seen(row: Mapping[str, str]) -> Seen:
    return Seen(row["status"].startswith("UP"), int(row["stot"]), int(row["scur"]), bool(row["throttle"]))
