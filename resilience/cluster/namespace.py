"""Network namespaces of this machine: hosts that share only a bridge. Needs root. All are removed at the end."""

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
    """This machine does not allow network namespaces."""


@dataclass(frozen=True)
class Namespace:
    """Network with its own loopback and an address on the bridge. It exists as long as the process ``holder``."""

    holder: int
    address: str

    @property
    def prefix(self) -> list[str]:
        """Return the first words of a command that runs in this network."""
        return ["nsenter", f"--target={self.holder}", "--net", "--"]

    def run(self, *command: str) -> str:
        """Run a command in the repository's root, and return its output. Raises CalledProcessError."""
        done = subprocess.run([*self.prefix, *command], check=True, capture_output=True, text=True, cwd=ROOT)
        return done.stdout

    def popen(self, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> Process:
        """Start a process in this network that reads nothing and prints to the log."""
        inside = [*self.prefix, *command]
        return subprocess.Popen(inside, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def processes(self) -> list[psutil.Process]:
        """Return all processes in this network except its holder."""
        own = _network(self.holder)
        return [
            process for process in psutil.process_iter() if process.pid != self.holder and _network(process.pid) == own
        ]


@dataclass(frozen=True)
class Networks:
    """Hub for the edge and the clients, and the nodes by name. Each node has its own link to the bridge of the hub."""

    hub: Namespace
    nodes: Mapping[str, Namespace]

    def link(self, name: str, *, up: bool) -> None:
        """Take the link of a node up or down."""
        self.hub.run("ip", "link", "set", name, "up" if up else "down")


def missing() -> str:
    """Return the reason why this machine cannot run a cluster; empty if it can."""
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
    """Create the networks. At the end of the block, their remaining processes are killed. Raises NamespaceError."""
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
    """Create a namespace. Its holder waits for the end of its input, so it never outlives this process."""
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
    """Return the name of the network of a process; empty if the process has ended."""
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""
