"""Conditions that end a canary, one by one."""

import httpx
import pytest

from serving.changes import canary
from serving.changes.canary import Canary
from serving.node import deployment
from serving.torchserve.management import ManagementError

from .conftest import Scene


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "_LOOK_SECONDS", 0.005)


@pytest.fixture
def watched(scene: Scene) -> Scene:
    """Return a scene with version 2.0 as a canary beside 1.0."""
    file = deployment.add_to_store(scene.directory, scene.archive("2.0")).file
    scene.fake.serve("2.0", file, workers=2)
    scene.fake.defaults = dict.fromkeys(scene.fake.defaults, "1.0")
    return scene


def watch(scene: Scene, seconds: float = 30.0, wrong: str = "") -> str:
    return Canary(5, seconds).watch(scene.fake.server, scene.door, "2.0", lambda: wrong)


def test_one_that_does_well_keeps_its_share(watched: Scene) -> None:
    assert watch(watched, seconds=0.1) == ""
    assert watched.gateway.calls == [("digits", "2.0", 5)]


def test_a_worker_that_died(watched: Scene) -> None:
    watched.gateway.then = lambda: watched.fake.models["digits"]["2.0"].workers[0].update(pid=7)
    assert watch(watched) == "a worker of 2.0 died while it was a canary"


def test_a_worker_that_is_no_longer_ready(watched: Scene) -> None:
    watched.gateway.then = lambda: watched.fake.models["digits"]["2.0"].workers[1].update(status="WORKER_STOPPED")
    assert watch(watched) == "a worker of 2.0 died while it was a canary"


def test_a_worker_of_the_live_version_that_died_is_no_fault_of_the_canary(watched: Scene) -> None:
    watched.gateway.then = lambda: watched.fake.models["digits"]["1.0"].workers[0].update(pid=7)
    assert watch(watched, seconds=0.1) == ""


def test_wrong_answers(watched: Scene) -> None:
    assert watch(watched, wrong="golden probabilities are missed") == "golden probabilities are missed"


@pytest.mark.parametrize(
    ("right", "errors", "failure"),
    [
        (0, 0, ""),
        (0, 1, ""),  # a single error may have another cause
        (100, 2, "2 of 102 answers were errors while 2.0 was a canary"),
        (1998, 2, ""),  # one in a thousand
        (1997, 2, "2 of 1999 answers were errors while 2.0 was a canary"),
    ],
)
def test_errors_of_more_than_a_thousandth(watched: Scene, right: int, errors: int, failure: str) -> None:
    """Earlier errors do not count."""

    def go_wrong() -> None:
        watched.fake.counted = (500 + right, 300 + errors)

    watched.fake.counted = (500, 300)
    watched.gateway.then = go_wrong
    assert watch(watched, seconds=30.0 if failure else 0.1) == failure


def test_a_version_that_is_gone_is_an_error(watched: Scene) -> None:
    watched.gateway.then = lambda: watched.fake.models["digits"].pop("2.0")
    with pytest.raises(ManagementError, match="404"):
        watch(watched)


def test_metrics_that_cannot_be_read_are_an_error(watched: Scene) -> None:
    watched.fake.refused["GET /metrics"] = 500
    with pytest.raises(httpx.HTTPStatusError):
        watch(watched)
    assert watched.gateway.calls == []
