"""The supervisor of a node: accurate probes, restarts of TorchServe, and renewal of keys in time."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from typing import cast

import httpx
import pytest

from handlers import counters
from serving import paths
from serving.archives.record import Archive
from serving.gateway.gateway import Gateway
from serving.node.supervisor import Supervisor
from serving.node.watch import Limits, Watch
from serving.torchserve import keys, ports, properties, server

from .conftest import free_ports, until
from .supervised import Node

BACK_SECONDS = 60  # until READY after the death of a JVM, beside other tests: docs/faults.md has the real times
WORKER_SECONDS = 30  # until a right answer after the death of a worker
KEY_SECONDS = 2  # until a right answer, which is delayed while the key is renewed


@pytest.fixture(scope="module")
def node(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Yield a node that restarts TorchServe early, with keys that last a minute."""
    directory = tmp_path_factory.mktemp("node")
    node = Node(directory, f"http://127.0.0.1:{ports.free(1)[0]}")
    settings = free_ports() | {"token_expiration_min": "1", "warm_up_seconds": "1"}
    supervisor = Supervisor(
        directory,
        lambda: server.start(directory, archive, settings),
        node.health,
        gateway=lambda: cast(Gateway, node.door),
        limits=Limits(answer=1, frozen=4, lead=60),
    )
    life = threading.Thread(target=supervisor.run)
    life.start()
    try:
        until(node.ready, 60)
        yield node
    finally:
        supervisor.stop()
        life.join()


def test_a_ready_node_has_had_requests_that_its_metrics_leave_out(node: Node) -> None:
    assert answered(node) > 10
    counted = [
        header.split(numbers)["inference_requests_total"].sum()
        for header, numbers in counters.read(node.directory / paths.METRICS)
        if header.labels["model"] == "digits"
    ]
    assert counted == [0.0]


def answered(node: Node) -> float:
    """Return the number of predictions that TorchServe has counted."""
    settings = properties.read(node.directory / "config.properties")
    page = httpx.get(f"{settings['metrics_address']}/metrics", trust_env=False).text
    pattern = r'^ts_inference_requests_total\{[^}]*model_name="digits"[^}]*\} ([\d.]+)$'
    return sum(map(float, re.findall(pattern, page, re.MULTILINE)))


def test_probes_tell_the_truth_about_a_node(node: Node, seven: bytes) -> None:
    assert [node.get(path).status_code for path in ("/livez", "/readyz", "/workers")] == [200, 200, 200]
    until(lambda: node.digit(seven) == 7, KEY_SECONDS)
    with node.server.manage() as management:
        management.scale(0)
        until(lambda: node.get("/readyz").json() == {"ready": False, "reason": "no worker is READY"}, 5)
        assert node.get("/livez").status_code == 200
        impatient = Watch(node.server, Limits(unready=0.2))
        until(lambda: not impatient.sample().ready and impatient.failure(), 5)
        assert impatient.failure() == "no worker has been READY for 0 s"
        impatient.management.close()
        management.scale(1)
    until(node.ready, 5)


def test_a_frozen_jvm_is_not_ready_and_started_again(node: Node, seven: bytes) -> None:
    until(node.ready, WORKER_SECONDS)
    frozen = node.server
    os.kill(frozen.pid, signal.SIGSTOP)
    until(lambda: node.get("/readyz").json() == {"ready": False, "reason": "TorchServe does not answer"}, 3)
    until(node.ready, BACK_SECONDS)
    assert node.server.pid != frozen.pid
    assert answered(node) == 0, "clients wait, so it sends itself nothing"
    until(lambda: node.digit(seven) == 7, KEY_SECONDS)


def test_the_key_is_renewed_in_time_with_nobody_at_the_door(node: Node, seven: bytes) -> None:
    """A tenth of the minute of its validity is over after six seconds."""
    until(node.ready, WORKER_SECONDS)
    first, before = node.headers, len(node.door.calls)

    def renewal() -> list[str]:
        """Return the calls of the first renewal after ``before``."""
        calls = node.door.calls[before:]
        return calls[calls.index("held") :][:3] if "held" in calls else []

    until(lambda: len(renewal()) == 3, 10)
    _, renewed, last = renewal()
    assert last == "open"
    assert renewed not in first["Authorization"]
    until(lambda: keys.read(node.directory).inference.value in node.door.calls[before:], 5)
    until(lambda: node.digit(seven) == 7, KEY_SECONDS)
    url = f"{node.server.inference}/predictions/digits"
    assert httpx.post(url, content=seven, headers=first, trust_env=False).status_code == 400
