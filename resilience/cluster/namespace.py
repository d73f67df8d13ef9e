"""Network namespaces of this machine: hosts that share nothing but a bridge. Needs root, and leaves nothing behind."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from serving.errors import UserError
from serving.paths import ROOT

_TOOLS = ("ip", "nsenter", "unshare", "haproxy")
_SUBNET = "10.77.0"
_OWN_SECONDS = 5.0


Process = subprocess.Popen[bytes]


class NamespaceError(UserError):
    """This machine does not let us make networks."""


@dataclass(frozen=True)
class Namespace:
    """A network with its own loopback, and an address on the bridge; it lives while the process ``holder`` does."""

    holder: int
    address: str

    def run(self, *command: str) -> str:
        """Return what a command, in the repository's root, prints. Raises CalledProcessError."""
        done = subprocess.run(self._inside(command), check=True, capture_output=True, text=True, cwd=ROOT)
        return done.stdout

    def popen(self, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> Process:
        """A process in this network that reads nothing and prints to the log."""
        inside = self._inside(command)
        return subprocess.Popen(inside, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def talk(self, command: Sequence[str], log: IO[bytes]) -> Process:
        """A process in this network that reads from a pipe and prints to another, and complains in the log."""
        inside, pipe = self._inside(command), subprocess.PIPE
        return subprocess.Popen(inside, stdin=pipe, stdout=pipe, stderr=log, cwd=ROOT)

    def processes(self) -> list[psutil.Process]:
        """All that run in it, but for its holder."""
        own = _network(self.holder)
        return [
            process for process in psutil.process_iter() if process.pid != self.holder and _network(process.pid) == own
        ]

    def _inside(self, command: Sequence[str]) -> list[str]:
        return ["nsenter", f"--target={self.holder}", "--net", "--", *command]


@dataclass(frozen=True)
class Networks:
    """A hub, where the edge and the clients are, and nodes by name, each on a link of its own to the hub's bridge."""

    hub: Namespace
    nodes: Mapping[str, Namespace]

    def link(self, name: str, *, up: bool) -> None:
        """Plug a node's cable in or out."""
        self.hub.run("ip", "link", "set", name, "up" if up else "down")


def missing() -> str:
    """Return the reason why this machine cannot make networks with an edge; empty if it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [tool for tool in _TOOLS if not shutil.which(tool)]
    if absent:
        return f"not installed: {', '.join(absent)}"
    done = subprocess.run(
        ["unshare", "--net", "ip", "link", "add", "name", "bridge", "type", "bridge"], capture_output=True, check=False
    )
    return done.stderr.decode().strip()


@contextmanager
def networks(names: Sequence[str]) -> Iterator[Networks]:
    """Make namespaces; their remaining processes are killed at the end. Raises NamespaceError."""
    if reason := missing():
        raise NamespaceError(reason)
    with ExitStack() as stack:
        hub = stack.enter_context(_running(f"{_SUBNET}.1"))
        hub.run("ip", "link", "add", "name", "bridge", "type", "bridge")
        hub.run("ip", "address", "add", f"{hub.address}/24", "dev", "bridge")
        hub.run("ip", "link", "set", "bridge", "up")
        nodes = {name: stack.enter_context(_running(f"{_SUBNET}.{10 + place}")) for place, name in enumerate(names)}
        for name, node in nodes.items():
            hub.run(
                "ip", "link", "add", "name", name, "type", "veth", "peer", "name", "uplink", "netns", str(node.holder)
            )
            hub.run("ip", "link", "set", name, "master", "bridge", "up")
            node.run("ip", "address", "add", f"{node.address}/24", "dev", "uplink")
            node.run("ip", "link", "set", "uplink", "up")
        yield Networks(hub, nodes)


@contextmanager
def _running(address: str) -> Iterator[Namespace]:
    """A namespace whose holder waits for the end of its input, and so never outlives this process."""
    command = ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        if holder.stdout.readline() != b"up\n":
            raise NamespaceError("no network namespace could be made")
        namespace = Namespace(holder.pid, address)
        try:
            yield namespace
        finally:
            left = namespace.processes()
            for process in left:
                process.kill()
            psutil.wait_procs(left, timeout=_OWN_SECONDS)
            holder.kill()


def _network(pid: int) -> str:
    """The name of a process's network; empty if it has ended."""
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""
