"""Three nodes, the edge before them, and clients before the edge."""

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
_RATE = 1000  # requests a second that the clients may send to a node: ten times what they do
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Cluster:
    """All of it while it runs; ``folder`` has everybody's files and logs."""

    folder: Path
    networks: Networks
    nodes: dict[str, ClusterNode]
    edge: Balancer
    key: str = field(repr=False)

    def curl(self, path: str, *options: str) -> str:
        """Head and body of the edge's answer to one more client. Raises CalledProcessError if there is none."""
        trust = ["--cacert", str(self.folder / "authority.pem"), "--header", f"Authorization: Bearer {self.key}"]
        command = ["curl", "--silent", "--include", "--http1.1", *trust, *options]
        return self.networks.hub.run(*command, f"https://{self.edge.address}{path}")

    def load(self, pace: Pace = STEADY) -> AbstractContextManager[list[Record]]:
        """Clients ask steadily while the block runs; the list gets what each request came to when it ends."""
        service = load.ServiceAddress(self.edge.address, self.folder / "authority.pem", self.key)
        return load.checked(service, self.folder, pace, self.networks.hub.talk)


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Cluster]:
    """A cluster whose nodes are all READY, in ``folder``; nothing of it runs when the block ends.

    settings  of the nodes, beyond config.properties
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
        for name in nodes:  # before its first check a node counts as in
            front.wait(name, up=False, seconds=_START_SECONDS)
        for name in nodes:
            front.wait(name, up=True, seconds=_START_SECONDS)
        yield Cluster(folder, networks, nodes, front, key)


def _stop(nodes: Iterable[ClusterNode]) -> None:
    """All at once, for each takes seconds."""
    for node in nodes:
        node.ask_to_stop()
    for node in nodes:
        node.stop()
