"""The end of a node, with chosen answers of TorchServe. tests/live has the tests that need a real one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from serving.node import deployment
from serving.node.supervisor import Supervisor
from serving.node.watch import Limits
from serving.torchserve import ports
from serving.waiting import within
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import Fake


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    with fake_torchserve.fake(tmp_path / "run") as torchserve:
        served = deployment.adopt_build(
            torchserve.server.directory, fake_torchserve.archive(tmp_path / "digits.mar", "1.0")
        )
        torchserve.serve("1.0", served.current.file)
        yield torchserve


@contextmanager
def supervised(fake: Fake, notice: float) -> Iterator[tuple[Supervisor, httpx.Client]]:
    """Yield a supervisor of a ready node, and a client of its probes."""
    address = f"http://127.0.0.1:{ports.free(1)[0]}"
    limits = Limits(poll=0.05, notice=notice, drain=60.0)
    supervisor = Supervisor(fake.server.directory, lambda: fake.server, address, limits=limits)
    life = threading.Thread(target=supervisor.run)
    life.start()
    try:
        with httpx.Client(base_url=address, trust_env=False) as http:
            assert within(20, lambda: supervisor.ready)
            yield supervisor, http
    finally:
        supervisor.stop()
        supervisor.stop()
        life.join(30)
    assert not life.is_alive()
    assert not fake.server.running


def test_balancers_have_notice_while_requests_are_answered(fake: Fake) -> None:
    with supervised(fake, notice=60.0) as (supervisor, http):
        assert [http.get(path).status_code for path in ("/livez", "/readyz", "/workers")] == [200, 200, 200]
        supervisor.stop()
        assert http.get("/readyz").json() == {"ready": False, "reason": "the node is draining"}
        assert [http.get(path).status_code for path in ("/livez", "/workers")] == [200, 200]
        assert fake.server.running


def test_a_second_signal_skips_the_wait_for_requests(fake: Fake) -> None:
    fake.models["digits"]["1.0"].pending = 1
    with supervised(fake, notice=0.0) as (supervisor, _):
        supervisor.stop()
        assert not within(0.5, lambda: not fake.server.running)
        supervisor.stop()
        assert within(20, lambda: not fake.server.running)


def test_a_node_whose_torchserve_ended_is_not_alive(fake: Fake) -> None:
    with supervised(fake, notice=0.0) as (_, http):
        fake_torchserve.end(fake.server)
        assert within(10, lambda: http.get("/livez").status_code == 503)
        assert http.get("/livez").json() == {"alive": False, "reason": "TorchServe ended"}
        assert http.get("/readyz").json() == {"ready": False, "reason": "TorchServe ended"}
