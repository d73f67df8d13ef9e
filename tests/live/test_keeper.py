"""A node that scripts/up started: a killed supervisor is replaced, and scripts/down ends all processes."""

import json
import os
import signal
import ssl
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from serving import audit, rotation
from serving.gateway import clients, gateway, haproxy
from serving.node import lock
from serving.torchserve import server, settings
from serving.torchserve.probe import answers
from tests.live.commands import begin, block, ended, run, whole_copy

from .conftest import until
from .load import Counters, load

TAKEOVER_SECONDS = 5


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_copy(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("kept")
    try:
        yield folder
    finally:
        run(["scripts/down", "--directory", str(folder)])


@pytest.fixture
def node(copy: Path, directory: Path) -> Path:
    """Return the run folder of a node with a gateway. Start it unless the previous test left it running."""
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    if not processes(directory):
        ended(begin(directory, "--gateway", "--ports", str(block()), root=copy))
    until(lambda: lock.holder(directory) and answers(settings.read(directory)["health_address"] + "/livez"), 20)
    return directory


def test_a_supervisor_that_is_killed_is_replaced_while_clients_are_served(node: Path, seven: bytes) -> None:
    health, running, front = settings.read(node)["health_address"], server.find(node), gateway.find(node)
    assert running
    assert front
    key = clients.add(front.clients, clients.Client("load", rate=100_000, expires=clients.in_days(1)))
    front.refresh()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/octet-stream"}
    trusting = partial(httpx.HTTPTransport, verify=ssl.create_default_context(cafile=str(front.certificate)))
    with load(f"{front.url}/predictions/digits", headers, seven, 64, trusting) as counters:
        for _ in range(2):
            more(counters)
            killed = lock.holder(node)
            assert killed
            os.kill(killed, signal.SIGKILL)
            until(lambda: all(answers(health + path) for path in ("/livez", "/workers")), TAKEOVER_SECONDS)
            assert lock.holder(node) != killed
        more(counters)
    assert not counters.failed
    assert (server.find(node), gateway.find(node)) == (running, front)
    assert "the supervisor was ended by signal 9" in (node / "logs" / "supervisor.log").read_text()


def test_logs_that_are_full_are_rotated_while_the_node_runs(node: Path) -> None:
    """The keeper and its supervisors write on to the new file, also the text that they print."""
    log, audited = node / "logs" / "supervisor.log", node / audit.FILE
    filled = {file: fill(file) for file in (log, audited)}
    processes(node)[1].kill()
    until(lambda: "the supervisor was ended by signal 9" in start(log), TAKEOVER_SECONDS)
    until(lambda: len(start(audited).splitlines()) == 1, TAKEOVER_SECONDS)
    for file, content in filled.items():
        assert file.with_name(f"{file.name}.1").read_bytes() == content
    assert json.loads(audited.read_text())["action"] == "serve"
    until(lambda: printing(node) == [{log}, {log}], TAKEOVER_SECONDS)


def printing(directory: Path) -> list[set[Path]]:
    """Return the files that the keeper and the supervisor print to. Empty if one of them has ended."""
    with suppress(FileNotFoundError):  # a process has ended
        return [
            {Path(f"/proc/{process.pid}/fd/{stream}").resolve(strict=True) for stream in (1, 2)}
            for process in processes(directory)
        ]
    return []


def start(file: Path) -> str:
    """Return the first characters of a file. Empty while it is rotated."""
    try:
        return file.read_text()[:4096]
    except FileNotFoundError:
        return ""


def fill(file: Path) -> bytes:
    """Fill a log file to the limit of rotation. Return its content."""
    with file.open("ab") as out:
        out.write(b" " * rotation.SIZE + b"\n")
    return file.read_bytes()


def test_the_keeper_ends_with_the_node(node: Path) -> None:
    processes(node)[0].terminate()
    until(lambda: not processes(node), 60)
    assert not server.find(node)
    assert not gateway.find(node)


@pytest.mark.parametrize("deaf", [False, True])
def test_down_ends_the_keeper_and_what_a_killed_supervisor_left(node: Path, deaf: bool) -> None:
    running, front = server.find(node), gateway.find(node)
    assert running
    assert front
    keeper, supervisor = processes(node)
    if deaf:  # now no process starts a supervisor
        keeper.kill()
    supervisor.kill()
    assert run(["scripts/down", "--directory", str(node)]).stdout == "stopped\n"
    assert not processes(node)
    assert not running.running
    assert not front.running


def processes(directory: Path) -> list[psutil.Process]:
    """Return the keeper and the supervisor of a run folder, the older process first."""
    matches = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if f"--directory={directory}" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                matches.append(process)
    return sorted(matches, key=psutil.Process.create_time)


def more(counters: Counters) -> None:
    """Wait until two hundred more requests are answered."""
    least = counters.right + 200
    until(lambda: counters.right > least, 20)
