"""Short runs of the attacks of resilience.attacks: other clients get right answers in time."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from resilience.attacks import catalogue, processes
from resilience.attacks.attack import ClientAttack
from resilience.attacks.attacker import NICE
from resilience.attacks.processes import Attacker
from resilience.cluster.clients import UNSENT
from resilience.cluster.load import ServiceAddress
from serving.gateway import quotas
from serving.torchserve import server

from .. import busy
from ..conftest import until
from .conftest import Node

SECONDS = 0.3  # of each attack
LONGEST = 1.0  # seconds until an answer, on a machine that runs no other tests
CUT = {"BrokenPipeError", "ConnectionResetError", "IncompleteReadError", "closed"}  # over the limits of one address
REFUSED = {"413", "429", "503"}
ANSWERS = {  # kind of attack -> answers that the attacker may get
    "TLS": {"TLS alert 40", "ServerHello", "handshake"} | CUT,
    "keys": {"401", "429"} | CUT,
    "open": {"200", "404", "405", "429", "503"} | CUT,
    "image": {"200", "400"} | REFUSED | CUT,
    "body": {"200", "400", "415"} | REFUSED | CUT,
    "JSON": {"400"} | REFUSED | CUT,
    "slow": {"200", "408", "reset 7"} | REFUSED | CUT,
    "memory": {"401", "429", "reset 7"} | CUT,
    "crowd": {"200", "429", "503"},
    "honest": {"200", "429", "503"},
}
WORKER = "model_service_worker"  # part of the command line of a worker
FOREIGN_GROUPS = {"tls-ffdhe8192", "tls-ffdhe2048", "tls-p521"}
ATTACKS = [attack for attack in catalogue.attacks() if not attack.playground and attack.kind != "control"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacks")


@pytest.fixture(scope="module")
def attacker(service: ServiceAddress, folder: Path) -> Iterator[Attacker]:
    with processes.attacking(service.address, service.authority, folder, NICE) as process:
        yield process


@pytest.fixture(scope="module")
def service(node: Node, seven: bytes) -> ServiceAddress:
    """Return the address for other clients, after explanations are answered."""
    address = ServiceAddress(f"127.0.0.1:{node.port}", node.gateway.certificate, key(node, "honest"))
    with node.http(Authorization=f"Bearer {address.key}") as http:
        until(lambda: http.post("/explanations/digits", content=seven).status_code == 200, 60)
    return address


def key(node: Node, name: str) -> str:
    """Add a client with the default limits of scripts/clients. Return its key."""
    return node.key(name, rate=quotas.RATE)["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_others_are_answered_in_time(
    node: Node, service: ServiceAddress, attacker: Attacker, folder: Path, attack: ClientAttack
) -> None:
    keys = [key(node, f"{attack.name}-{index}") for index in range(attack.keys)]
    attacker.prepare(attack, keys, SECONDS)
    running = running_processes(node)
    with busy.watched() as slowdown, processes.asking(service, folder, attack) as records:
        answers = attacker.attack()
        longest = busy.PATIENCE * LONGEST * slowdown()
    requests = [record for client_records in records.values() for record in client_records]
    assert len(requests) > 100 * SECONDS
    # At the end all connections wait, so the request that is due then is not sent.
    sent = [record for record in requests if record.outcome != UNSENT]
    assert [record.outcome for record in sent if record.outcome] == []
    assert max(record.seconds for record in requests) < longest
    assert running <= running_processes(node)
    assert set(answers) <= ANSWERS[attack.kind]


def running_processes(node: Node) -> set[int]:
    """Return the process ids of the gateway, the JVM and its workers."""
    assert node.gateway.running
    running = server.find(node.server.directory)  # may be another JVM than at first, after a test that ends it
    assert running
    children = psutil.Process(running.pid).children()  # a child that measures the machine comes and goes
    return {node.gateway.pid, running.pid, *(child.pid for child in children if _is_worker(child))}


def _is_worker(process: psutil.Process) -> bool:
    try:
        return WORKER in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def test_groups_that_cost_much_are_refused(node: Node, attacker: Attacker) -> None:
    for name in FOREIGN_GROUPS:
        attacker.prepare(catalogue.find(name), [], 0.2)
        answers: set[str] = set()

        def answered(answers: set[str] = answers) -> bool:
            answers.update(attacker.attack())  # none while other processes use all cores
            return bool(answers)

        until(answered, 30)
        assert answers - CUT == {"TLS alert 40"}
