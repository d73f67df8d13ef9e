"""The supervisor's view of a run of TorchServe, with chosen answers and times."""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from serving.node import watch
from serving.node.watch import Limits, Status, Watch
from serving.torchserve import keys, properties
from tests.processes import bounded
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import STARTING, Fake

LIMITS = Limits(frozen=10.0, unready=60.0, stalled=0.0)
READY = Status(alive=True, ready=True, reason="")


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    with fake_torchserve.fake(tmp_path / "run") as torchserve:
        torchserve.serve("1.0", "digits-1.0-000000000000.mar")
        yield torchserve


class Clock(SimpleNamespace):
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake_time = Clock()
    monkeypatch.setattr(watch, "time", fake_time)
    return fake_time


@pytest.fixture
def looking(fake: Fake, clock: Clock) -> Iterator[Watch]:
    node_watch = Watch(fake.server, LIMITS)
    yield node_watch
    node_watch.management.close()


def deaf(looking: Watch) -> None:
    """Make the address of TorchServe unreachable."""
    looking.management.close()
    looking.management = replace(looking.server, management="http://127.0.0.1:1").manage(timeout=2.0)


def not_ready(reason: str) -> Status:
    return Status(alive=True, ready=False, reason=reason)


# -- samples ----------------------------------------------------------------------------------------------------------


def test_one_ready_worker_is_enough(fake: Fake, looking: Watch) -> None:
    assert looking.sample() == READY
    fake.models["digits"]["1.0"].workers.append({"pid": 1, "status": STARTING})
    assert looking.sample() == READY


def test_without_a_ready_worker_it_is_not_ready(fake: Fake, looking: Watch) -> None:
    fake.models["digits"]["1.0"].workers[0]["status"] = STARTING
    assert looking.sample() == not_ready("no worker is READY")


def test_a_model_that_is_not_registered_yet_is_told(fake: Fake, looking: Watch) -> None:
    fake.models.clear()
    assert looking.sample() == not_ready("GET /models/digits: 404 not found")


def test_one_that_does_not_answer_is_starting_at_first_and_hangs_later(looking: Watch) -> None:
    answering = looking.management
    looking.management = replace(looking.server, management="http://127.0.0.1:1").manage()
    assert looking.sample() == not_ready("TorchServe is starting")
    looking.management.close()
    looking.management = answering
    assert looking.sample() == READY
    deaf(looking)
    assert looking.sample() == not_ready("TorchServe does not answer")


def test_an_error_is_an_answer_too(fake: Fake, looking: Watch) -> None:
    fake.models.clear()
    looking.sample()
    deaf(looking)
    assert looking.sample() == not_ready("TorchServe does not answer")


def test_one_without_keys_is_starting(fake: Fake, looking: Watch) -> None:
    (fake.server.directory / keys.FILE).unlink()
    assert looking.sample() == not_ready("TorchServe is starting")


def test_one_that_ended_is_not_asked(fake: Fake, looking: Watch) -> None:
    fake_torchserve.end(fake.server)
    assert looking.sample() == Status(alive=False, ready=False, reason="TorchServe ended")


@pytest.mark.parametrize(
    ("pending", "status", "stalls"), [(1, "READY", True), (0, "READY", False), (1, STARTING, False)]
)
def test_a_ready_worker_that_stands_still_while_requests_wait_is_stalled(
    fake: Fake, looking: Watch, pending: int, status: str, stalls: bool
) -> None:
    with bounded(subprocess.Popen(["cat"], stdin=subprocess.PIPE)) as worker:
        fake.models["digits"]["1.0"].workers = [{"pid": worker.pid, "status": status}]
        fake.models["digits"]["1.0"].pending = pending
        samples = []
        for _ in range(10):  # it may still be starting at the first samples
            looking.sample()
            samples.append(looking.stalled)
        assert samples[0] == []
        assert samples[-1] == [worker.pid] * stalls


# -- failures ---------------------------------------------------------------------------------------------------------


def test_one_that_runs_and_is_ready_has_not_failed(looking: Watch, clock: Clock) -> None:
    for _ in range(20):
        clock.now += 9.0
        assert looking.sample() == READY
        assert looking.failure() is None


def test_one_that_ended_has_failed(fake: Fake, looking: Watch) -> None:
    fake_torchserve.end(fake.server)
    assert looking.failure() == "TorchServe ended"


def test_one_that_stops_answering_has_failed_after_ten_seconds(looking: Watch, clock: Clock) -> None:
    clock.now += 30.0
    looking.sample()
    deaf(looking)
    for passed, failure in ((10.0, None), (0.1, "TorchServe has not answered for 10 s")):
        clock.now += passed
        looking.sample()
        assert looking.failure() == failure


def test_errors_keep_it_from_counting_as_frozen(fake: Fake, looking: Watch, clock: Clock) -> None:
    looking.sample()
    fake.models.clear()
    for _ in range(5):
        clock.now += 9.0
        looking.sample()
        assert looking.failure() is None


def test_one_that_never_answered_is_given_as_long_as_a_start_takes(looking: Watch, clock: Clock) -> None:
    deaf(looking)
    for passed, failure in ((60.0, None), (0.1, "no worker has been READY for 60 s")):
        clock.now += passed
        looking.sample()
        assert looking.failure() == failure


def test_one_whose_workers_are_never_ready_has_failed_after_a_minute(fake: Fake, looking: Watch, clock: Clock) -> None:
    clock.now += 50.0
    looking.sample()
    fake.models["digits"]["1.0"].workers[0]["status"] = STARTING
    for passed, failure in ((60.0, None), (0.1, "no worker has been READY for 60 s")):
        clock.now += passed
        looking.sample()
        assert looking.failure() == failure


# -- keys and the end -------------------------------------------------------------------------------------------------


def expire_in(fake: Fake, seconds: float | None) -> None:
    path = fake.server.directory / keys.FILE
    content = json.loads(path.read_text())
    when = datetime.now(UTC) + timedelta(seconds=seconds or 0)
    content["inference"] = {"key": "k"} | ({"expiration time": f"{when:%Y-%m-%dT%H:%M:%S}.0Z"} if seconds else {})
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("lifetime", "lead", "left", "old"),
    [
        (60, 300.0, 290.0, True),
        (60, 300.0, 310.0, False),
        (1, 300.0, 50.0, True),  # a tenth of a minute has passed
        (1, 300.0, 57.0, False),
        (60, 300.0, -5.0, True),
        (60, 300.0, None, False),  # it never expires
    ],
)
def test_a_key_is_renewed_before_it_expires_but_not_in_the_first_tenth_of_its_life(
    fake: Fake, lifetime: int, lead: float, left: float | None, old: bool
) -> None:
    file = fake.server.directory / "config.properties"
    properties.write(properties.read(file) | {"token_expiration_min": str(lifetime)}, file)
    expire_in(fake, left)
    looking = Watch(fake.server, Limits(lead=lead))
    assert looking.key_is_old() == old
    looking.management.close()


def test_a_kill_ends_what_is_left(fake: Fake) -> None:
    looking = Watch(fake.server, LIMITS)
    looking.kill()
    assert not fake.server.running
    assert looking.management._client.is_closed


def test_a_stop_waits_for_what_was_accepted_as_long_as_nobody_hurries(fake: Fake) -> None:
    fake.models["digits"]["1.0"].pending = 1
    states: list[bool] = []

    def forced() -> bool:
        states.append(fake.server.running)
        return len(states) > 3

    looking = Watch(fake.server, LIMITS)
    looking.stop(forced)
    assert states[:4] == [True] * 4
    assert not fake.server.running
    assert looking.management._client.is_closed


def test_a_stop_waits_no_longer_than_its_limit(fake: Fake) -> None:
    fake.models["digits"]["1.0"].pending = 1
    began = time.monotonic()
    Watch(fake.server, replace(LIMITS, drain=0.2)).stop(lambda: False)
    assert time.monotonic() - began < 10
    assert not fake.server.running
