"""Three nodes, the edge in front of them, and clients of the edge."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from resilience.cluster import authority, balancer, load, namespace
from resilience.cluster.balancer import Balancer
from resilience.cluster.clients import STEADY, Pace, Record
from resilience.cluster.namespace import Networks
from resilience.cluster.node import ClusterNode
from serving.gateway import clients as callers
from serving.gateway import edge
from serving.gateway.clients import Client

NAMES = ("one", "two", "three")
_RATE = 1000  # requests per second that a node allows: ten times the load
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Cluster:
    """A running cluster. ``folder`` has the files and logs of all its parts."""

    folder: Path
    networks: Networks
    nodes: dict[str, ClusterNode]
    edge: Balancer
    key: str = field(repr=False)

    def curl(self, path: str, *options: str) -> str:
        """Return the head and body of the edge's answer to another client. Raises CalledProcessError without it."""
        trust = ["--cacert", str(self.folder / "authority.pem"), "--header", f"Authorization: Bearer {self.key}"]
        command = ["curl", "--silent", "--include", "--http1.1", *trust, *options]
        return self.networks.hub.run(*command, f"https://{self.edge.address}{path}")

    def load(self, pace: Pace = STEADY) -> AbstractContextManager[list[Record]]:
        """Send requests while the block runs. At its end, the list gets the outcome of each request."""
        service = load.ServiceAddress(self.edge.address, self.folder / "authority.pem", self.key)
        return load.checked(service, self.folder, pace, self.networks.hub.prefix)


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Cluster]:
    """Run a cluster in ``folder`` until the block ends. The block starts when all nodes are READY.

    settings  settings of the nodes in addition to config.properties
    """
    folder.mkdir(parents=True, exist_ok=True)
    signer = authority.create(folder)
    certificate = signer.issue(edge.NODES_NAME)
    key = callers.add(folder / "clients.map", Client("load", rate=_RATE, expires=callers.in_days(1), concurrent=_RATE))
    with ExitStack() as stack:
        networks = stack.enter_context(namespace.networks(NAMES))
        nodes = {
            name: ClusterNode(name, network, folder / name, certificate, folder / "clients.map", settings)
            for name, network in networks.nodes.items()
        }
        stack.callback(_stop, nodes.values())
        for node in nodes.values():
            node.start()
        addresses = {name: node.address for name, node in nodes.items()}
        front = stack.enter_context(balancer.running(networks.hub, edge.render(addresses), signer, folder))
        for name in nodes:  # the edge counts a node as in before its first check
            front.wait(name, up=False, seconds=_START_SECONDS)
        for name in nodes:
            front.wait(name, up=True, seconds=_START_SECONDS)
        yield Cluster(folder, networks, nodes, front, key)


def _stop(nodes: Iterable[ClusterNode]) -> None:
    """Stop all nodes at the same time, because each takes seconds."""
    for node in nodes:
        node.ask_to_stop()
    for node in nodes:
        node.stop()
