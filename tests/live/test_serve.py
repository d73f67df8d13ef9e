"""scripts/serve as a process: a killed supervisor, and a shutdown that answers all accepted requests."""

import os
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from serving import paths
from serving.gateway import clients, gateway, haproxy
from serving.node import lock
from serving.torchserve import ports, registrations, server
from serving.torchserve.management import ready_workers
from serving.torchserve.server import Server

from .conftest import free_ports, until
from .load import Counters, load
from .supervised import PIXELS, Node

SLOW = 60.0  # seconds; these steps take one or two on an idle machine
UNSUPERVISED_SECONDS = 2  # the gateway checks the supervisor four times a second


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Command"]:
    command = Command(tmp_path_factory.mktemp("command"), free_ports())
    try:
        yield command
    finally:
        command.end()


def socket_of(running: Server) -> str | None:
    """Return the socket of a server behind a gateway. A socket in its folder could have too long a path."""
    return server.SOCKET.replace("self", str(running.pid)) if running.behind_gateway else None


class Command:
    """scripts/serve, which a test may start several times in one folder, with the gateway if HAProxy is installed."""

    def __init__(self, directory: Path, settings: dict[str, str]) -> None:
        health, door, metrics = ports.free(3)
        self.node = Node(directory, f"http://127.0.0.1:{health}")
        settings = settings | {
            "health_address": self.node.health,
            "gateway_address": f"https://127.0.0.1:{door}",
            "gateway_metrics_address": f"http://127.0.0.1:{metrics}",
        }
        self._line = ["scripts/serve", "--directory", str(directory), *(["--gateway"] if haproxy.find() else [])]
        self._line += [f"--set={key}={value}" for key, value in settings.items()]
        self.started: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(self._line, cwd=paths.ROOT, stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate(timeout=10)
        for left in (server.find(self.node.directory), gateway.find(self.node.directory)):
            if left:
                left.stop()

    @contextmanager
    def through_the_gateway(self, body: bytes) -> Iterator[Counters]:
        """Yield the counters of four clients of the gateway. Yield empty counters if there is no gateway."""
        if not haproxy.find():
            yield Counters()
            return
        until(lambda: gateway.find(self.node.directory), SLOW)
        door = gateway.find(self.node.directory)
        assert door
        key = clients.add(door.clients, clients.Client("load", rate=100_000, expires=clients.in_days(1)))
        door.refresh()
        headers = {"Authorization": f"Bearer {key}"} | PIXELS
        trusting = partial(httpx.HTTPTransport, verify=ssl.create_default_context(cafile=str(door.certificate)))
        with load(f"{door.url}/predictions/digits", headers, body, 4, trusting) as counters:
            until(lambda: counters.right > 100, SLOW)
            yield counters


def test_a_supervisor_that_was_killed_is_followed_by_one_that_takes_over(command: Command, seven: bytes) -> None:
    first = command.start()
    until(command.node.ready, SLOW)
    pid, url = command.node.server.pid, f"{command.node.server.inference}/predictions/digits"
    behind = partial(httpx.HTTPTransport, uds=socket_of(command.node.server))
    front = gateway.find(command.node.directory)
    second = command.start()
    assert second.wait(SLOW) == 1
    assert second.stderr
    assert f"process {first.pid} supervises" in second.stderr.read()
    with (
        command.through_the_gateway(seven) as guarded,
        load(url, command.node.headers, seven, transport=behind) as counters,
    ):
        first.kill()
        first.wait(5)
        killed = time.monotonic()
        assert not command.node.ready()
        until(lambda: not front or guarded.answered_at > killed + UNSUPERVISED_SECONDS, SLOW)
        command.start()
        until(command.node.ready, SLOW)
        until(lambda: counters.right > 100, SLOW)
    assert command.node.server.pid == pid
    assert gateway.find(command.node.directory) == front
    assert not counters.failed
    assert not guarded.failed


def test_an_end_under_load_answers_all_that_was_accepted(command: Command, seven: bytes) -> None:
    """At the shutdown one explanation is in a stopped worker, and one is in the queue."""
    running, node = command.node.server, command.node
    url, slow = f"{running.inference}/predictions/digits", f"{running.inference}/explanations/explainer"
    supervisor = lock.holder(node.directory)
    assert supervisor
    answers: list[httpx.Response] = []

    def explain() -> None:
        answers.append(httpx.post(slow, content=seven, headers=node.headers, timeout=60, trust_env=False))

    asking = [threading.Thread(target=explain) for _ in range(2)]
    with (
        command.through_the_gateway(seven) as guarded,
        load(url, node.headers, seven, 4) as counters,
        running.manage(registrations.EXPLAINER) as management,
    ):
        until(lambda: ready_workers(management.describe()[0]) == 1, SLOW)
        (worker,) = management.describe()[0]["workers"]
        until(lambda: counters.right > 100, SLOW)
        os.kill(worker["pid"], signal.SIGSTOP)
        for thread in asking:
            thread.start()
        until(lambda: management.describe()[0]["jobQueueStatus"]["pendingRequests"] == 1, SLOW)
        assert not counters.failed
        os.kill(supervisor, signal.SIGTERM)
        until(lambda: node.get("/readyz").json().get("reason") == "the node is draining", SLOW)
        os.kill(worker["pid"], signal.SIGCONT)
        until(lambda: not running.running, SLOW)
    for thread in asking:
        thread.join()
    assert command.started[-1].wait(SLOW) == 0
    assert [answer.status_code for answer in answers] == [200, 200]
    # TorchServe refuses requests that come after the shutdown began. Clients of the gateway are refused only by its
    # closed port, and each request gets an answer.
    assert set(counters.failed) <= {"400 InvalidKeyException", "ConnectError"}
    assert counters.right + counters.failed.total() == counters.sent
    assert set(guarded.failed) <= {"ConnectError"}
    assert not server.find(node.directory)
    assert not gateway.find(node.directory)
    assert not running.scratch.exists()
