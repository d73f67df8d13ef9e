"""The process of a server, and the time limit of its stop."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from serving.torchserve import server
from serving.torchserve.server import Server
from tests.unit.serving import fake_torchserve


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Server]:
    with fake_torchserve.fake(tmp_path / "run") as fake:
        server.remember(fake.server)
        yield fake.server


def test_a_stop_waits_for_answers_until_its_deadline_unless_it_is_forced(tmp_path: Path) -> None:
    for forced, least, most in ((False, 0.5, 30.0), (True, 0.0, 30.0)):
        with fake_torchserve.fake(tmp_path / str(forced)) as fake:
            fake.serve("1.0", "digits-1.0-0123456789ab.mar")
            fake.models["digits"]["1.0"].pending = 1
            began = time.monotonic()
            fake.server.stop(60.0 if forced else 0.5, lambda: forced)  # noqa: B023 - called here only
            assert least < time.monotonic() - began < most
            assert not fake.server.running


def test_a_process_of_the_same_number_is_another_server(running: Server) -> None:
    assert running.running
    assert not replace(running, pid=os.getpid()).running


def test_a_killed_server_leaves_no_process_and_no_file(running: Server) -> None:
    running.scratch.mkdir()
    assert server.find(running.directory) == running
    running.kill()
    assert not running.running
    assert not running.scratch.exists()
    assert server.find(running.directory) is None
    running.kill()  # a second kill does no harm
