"""Node to attack after a warm-up, with its clients and its attacker."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil

from playground import background
from resilience.attacks import catalogue
from resilience.attacks.attack import ClientAttack
from resilience.attacks.processes import Attacker, AttackError, attacking
from resilience.cluster.load import ServiceAddress
from resilience.faults import node as nodes
from resilience.faults.node import Node
from serving.gateway import clients
from serving.gateway.clients import Client
from serving.paths import ROOT
from serving.torchserve import ports, properties

_TRIES, _ENOUGH, _LOAD_SECONDS = 20, 8, 300.0  # for each load of the warm-up: tries, right answers, seconds
_WORKER = "model_service_worker"  # part of the command line of TorchServe's workers
_LIMITS = ("gateway_source_connections", "gateway_source_connection_rate")  # as shipped, unlike in resilience.faults


@dataclass(frozen=True)
class Stage:
    """Node and attacker. ``service`` is the address for honest clients."""

    node: Node
    attacker: Attacker
    service: ServiceAddress
    published: bool

    def pids(self) -> dict[int, str]:
        """Return the part of the node that each of its processes belongs to, by process id."""
        pids = {self.node.gateway.pid: "gateway", self.node.server.pid: "JVM"}
        for child in psutil.Process(self.node.server.pid).children(recursive=True):
            if _WORKER in " ".join(child.cmdline()):
                pids[child.pid] = "workers"
        if self.published and (page := background.find(self.node.directory)):
            pids[page.pid] = "playground"
        return pids

    def prepare(self, attack: ClientAttack, seconds: float) -> None:
        """Create keys for the attack and let the attacker make its payloads. Raises AttackError."""
        keys = [_key(self.node, f"{attack.name}-{index}") for index in range(attack.keys)]
        self.node.gateway.refresh()
        self.attacker.prepare(attack, keys, seconds)

    def warm_up(self) -> None:
        """Send the requests of honest clients until memory is in its steady state. Raises AttackError."""
        for load in catalogue.warm_up():
            for _ in range(_TRIES):  # some parts, such as the explainer, start late
                self.prepare(load, _LOAD_SECONDS)
                if self.attacker.attack().get("200", 0) >= _ENOUGH:
                    break
                time.sleep(1.0)
            else:
                raise AttackError(f"{load.name}: too few right answers")


@contextmanager
def stage(published: bool) -> Iterator[Stage]:
    """Run a node for attacks until the end of the block.

    published  the gateway publishes the playground
    """
    (port,) = ports.free(1)
    settings = {name: properties.read()[name] for name in _LIMITS}
    if published:
        settings["gateway_playground"] = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="digits-attacks-") as name:
        folder = Path(name)
        with nodes.running(folder, None, **settings) as node, _playground(node, port) if published else nullcontext():
            service = ServiceAddress(node.address, node.certificate, _key(node, "honest"))
            node.gateway.refresh()
            with attacking(node.address, node.certificate, folder) as attacker:
                yield Stage(node, attacker, service, published)


def _key(node: Node, name: str) -> str:
    """Return the key of a new client with the default limits of scripts/clients."""
    return clients.add(node.gateway.clients, Client(name, expires=clients.in_days(1)))


@contextmanager
def _playground(node: Node, port: int) -> Iterator[None]:
    command = ["scripts/playground", "--background", f"--port={port}", f"--directory={node.directory}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    try:
        yield
    finally:
        if page := background.find(node.directory):
            page.stop(node.directory)
