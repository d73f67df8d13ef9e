"""Nodes in containers behind an edge on this machine, and clients of that edge."""

import os
import re
import ssl
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from resilience.cluster import authority, balancer, load
from resilience.cluster.authority import Authority
from resilience.cluster.balancer import Balancer
from resilience.cluster.clients import Pace
from resilience.cluster.namespace import Namespace
from serving.gateway import clients, edge
from serving.gateway.clients import Client
from tests.live import busy

from ..conftest import until

_RATE = 1000  # requests per second that the clients may send; they send far fewer
_READY_SECONDS, _OUT_SECONDS = 60.0, 10.0
_PACE = Pace(16, 20.0)  # for nodes that start on the same processors
_LEAST = 50  # least number of requests; with fewer the check proves nothing
_ANSWERS = 30  # enough requests to get answers of all versions from several nodes


@dataclass(frozen=True)
class Credentials:
    """Files that all nodes share, readable by any user of a container, and the key of a client."""

    authority: Authority
    certificate: Path
    clients: Path
    key: str


@dataclass(frozen=True)
class Service:
    """The edge, its network and the credentials of its nodes and clients."""

    edge: Balancer
    network: Namespace
    credentials: Credentials
    folder: Path

    def wait_in(self, *names: str) -> None:
        """Wait until nodes get their full share of requests. Other nodes may be stopped only then."""
        for name in names:
            self.edge.wait(name, up=True, seconds=busy.PATIENCE * _READY_SECONDS)
        until(lambda: not any(self.edge.nodes()[name].slow for name in names), _OUT_SECONDS)

    def wait_out(self, *names: str) -> None:
        for name in names:
            self.edge.wait(name, up=False, seconds=busy.PATIENCE * _OUT_SECONDS)

    @contextmanager
    def unharmed(self) -> Iterator[None]:
        """Send requests while the block runs. Check that each of them gets the right answer."""
        address = load.ServiceAddress(self.edge.address, self.credentials.authority.certificate, self.credentials.key)
        with load.checked(address, self.folder, _PACE, self.network.prefix) as records:
            yield
        assert len(records) > _LEAST
        failed = Counter(record.outcome for record in records if record.outcome)
        assert not failed, f"of {len(records)} requests: {failed}"

    def versions(self, body: bytes) -> set[str]:
        """Return the versions of the model that answer."""
        trust = ssl.create_default_context(cafile=self.credentials.authority.certificate)
        headers = {"Authorization": f"Bearer {self.credentials.key}", "Content-Type": "application/octet-stream"}
        url = f"https://{self.edge.address}/predictions/digits"
        with httpx.Client(headers=headers, verify=trust, trust_env=False) as http:
            answers = [http.post(url, content=body) for _ in range(_ANSWERS)]
        return {answer.raise_for_status().json()["model"]["version"] for answer in answers}


def block() -> str:
    """Return the first three numbers of an address block of this machine that no other test process uses."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 8) % 128}.{pid % 256}"


def credentials(folder: Path) -> Credentials:
    signer, file = authority.create(folder), folder / "clients.map"
    certificate = signer.issue(edge.NODES_NAME)
    key = clients.add(file, Client("load", rate=_RATE, expires=clients.in_days(1), concurrent=_RATE))
    for readable in (certificate, file):
        readable.chmod(0o444)
    return Credentials(signer, certificate, file, key)


@contextmanager
def running(nodes: Mapping[str, str], known: Credentials, address: str, folder: Path) -> Iterator[Service]:
    """Yield a running edge for nodes by name and host:port. The nodes need not run yet."""
    network = Namespace(os.getpid(), address)
    with balancer.running(network, adapted(edge.render(nodes)), known.authority, folder) as front:
        for name in nodes:  # HAProxy regards a node as up until its first check
            front.wait(name, up=False, seconds=busy.PATIENCE * _OUT_SECONDS)
        yield Service(front, network, known, folder)


def adapted(configuration: str) -> str:
    """Return the configuration of an edge that waits longer, because its nodes run beside other tests.

    A node that has come up gets its full share of requests sooner.
    """
    waits = re.compile(r"(?<=^    timeout )(connect|server|queue) (\d+)(m?s)$", re.MULTILINE)
    patient = waits.sub(lambda wait: f"{wait[1]} {round(busy.PATIENCE * int(wait[2]))}{wait[3]}", configuration)
    return patient.replace("slowstart 10s", "slowstart 2s")
