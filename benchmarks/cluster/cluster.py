"""Three nodes, the edge before them, and clients before the edge."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cluster import authority, balancer, clients, namespace
from benchmarks.cluster.balancer import Balancer
from benchmarks.cluster.clients import Record, Sample
from benchmarks.cluster.namespace import Networks
from benchmarks.cluster.node import Node
from model import bundle
from model.classifier import Classifier
from serving import clients as callers
from serving import edge, paths
from serving.clients import Client
from training import data

NAMES = ("one", "two", "three")
_SAMPLES = 100
_RATE = 1000  # requests a second that the clients may send to a node: ten times what they do
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Cluster:
    """All of it while it runs; ``folder`` has everybody's files and logs."""

    folder: Path
    networks: Networks
    nodes: dict[str, Node]
    edge: Balancer
    key: str = field(repr=False)

    def curl(self, path: str, *options: str) -> str:
        """Head and body of the edge's answer to one more client. Raises CalledProcessError if there is none."""
        trust = ["--cacert", str(self.folder / "authority.pem"), "--header", f"Authorization: Bearer {self.key}"]
        command = ["curl", "--silent", "--include", "--http1.1", *trust, *options]
        return self.networks.hub.run(*command, f"https://{self.edge.address}{path}")

    @contextmanager
    def load(self) -> Iterator[list[Record]]:
        """Clients ask steadily while the block runs; the list gets what each request came to when it ends."""
        records: list[Record] = []
        command = [sys.executable, "-m", clients.__name__, self.edge.address]
        command += [str(self.folder / "authority.pem"), str(self.folder / "samples.json")]
        with (self.folder / "clients.log").open("ab") as log:
            process = self.networks.hub.talk(command, log)
        assert process.stdin
        assert process.stdout
        with process:
            process.stdin.write(f"{self.key}\n".encode())
            process.stdin.flush()
            if process.stdout.readline() != b"began\n":
                raise RuntimeError("no client had an answer: see clients.log")
            yield records
            process.stdin.close()
            records += [Record(*each) for each in json.loads(process.stdout.read())]


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A cluster whose nodes are all READY, in ``folder``; nothing of it runs when the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    signer = authority.create(folder)
    certificate = signer.issue(edge.NODES_NAME)
    (folder / "samples.json").write_text(json.dumps(_samples()))
    key = callers.add(folder / "clients.map", Client("load", rate=_RATE, expires=callers.in_days(1)))
    with ExitStack() as stack:
        networks = stack.enter_context(namespace.networks(NAMES))
        nodes = {
            name: Node(name, network, folder / name, certificate, folder / "clients.map")
            for name, network in networks.nodes.items()
        }
        stack.callback(_stop, nodes.values())
        for node in nodes.values():
            node.start()
        addresses = {name: node.address for name, node in nodes.items()}
        front = stack.enter_context(balancer.running(networks.hub, addresses, signer, folder))
        for name in nodes:  # before its first check a node counts as in
            front.wait(name, up=False, seconds=_START_SECONDS)
        for name in nodes:
            front.wait(name, up=True, seconds=_START_SECONDS)
        yield Cluster(folder, networks, nodes, front, key)


def _stop(nodes: Iterable[Node]) -> None:
    """All at once, for each takes seconds."""
    for node in nodes:
        node.ask_to_stop()
    for node in nodes:
        node.stop()


def _samples() -> list[Sample]:
    """Images of all digits from the test set, and what the model says of them."""
    images = data.load().test.images[:_SAMPLES]
    said = Classifier(bundle.load(paths.BUNDLE)).predict(images).probabilities
    return [Sample(image.tobytes().hex(), row) for image, row in zip(images, said.tolist(), strict=True)]
