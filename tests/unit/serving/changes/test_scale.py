"""Scaling by hand and by a rule, with chosen answers of TorchServe."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace

import psutil
import pytest

from serving import audit
from serving.changes import scaling
from serving.changes.rule import Rule
from serving.changes.scaling import ScalingError
from serving.node import deployment, lock
from serving.node.deployment import DeploymentError
from serving.node.lock import LockedError
from serving.torchserve import server
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import one_hot

from .conftest import Scene

SCALE = "PUT /models/digits"


def pids(scene: Scene) -> list[int]:
    return [worker["pid"] for worker in scene.fake.models["digits"]["1.0"].workers]


def test_so_many_workers_run_now_and_after_a_restart(scene: Scene) -> None:
    for workers in (3, 1):
        scaling.scale(scene.fake.server, workers)
        assert len(pids(scene)) == workers == scene.deployed.workers
    assert scene.deployed.current.version == "1.0"


def test_a_scale_up_that_fails_is_reverted(scene: Scene) -> None:
    """TorchServe would try for ever to start the workers that failed."""
    targets: list[str] = []
    put = scene.fake.put

    def refuse_more(parts: list[str], options: dict[str, str]) -> object:
        targets.append(options["min_worker"])
        if options["min_worker"] == "3":
            raise KeyError("no memory")
        return put(parts, options)

    scene.fake.serve("1.0", scene.deployed.current.file, workers=2)
    scene.fake.put = refuse_more  # type: ignore[method-assign]
    with pytest.raises(ScalingError, match=r"^3 workers could not be started: PUT /models/digits: 404"):
        scaling.scale(scene.fake.server, 3)
    assert targets == ["3", "2"]
    assert (len(pids(scene)), scene.deployed.workers) == (2, 1)


def test_at_least_one_worker_is_left_when_scaling_fails(scene: Scene) -> None:
    """This holds even if the only worker dies at that moment."""
    targets: list[str] = []

    def refuse(parts: list[str], options: dict[str, str]) -> object:
        targets.append(options["min_worker"])
        if len(targets) == 1:
            raise KeyError
        return {}

    scene.fake.models["digits"]["1.0"].workers = []
    scene.fake.put = refuse  # type: ignore[method-assign]
    with pytest.raises(ScalingError):
        scaling.scale(scene.fake.server, 2)
    assert targets == ["2", "1"]


def test_a_server_that_was_started_in_another_way_is_not_scaled(scene: Scene) -> None:
    (scene.directory / "deployment.json").unlink()
    with pytest.raises(DeploymentError, match="was not started by scripts/up or scripts/serve"):
        scaling.scale(scene.fake.server, 2)
    assert scene.fake.calls == []


def test_nothing_is_scaled_while_something_else_changes_the_node(scene: Scene) -> None:
    with lock.changing(scene.directory), pytest.raises(LockedError, match="try again when it has ended"):
        scaling.scale(scene.fake.server, 2)
    assert scene.fake.calls == []


def test_requests_are_sent_until_those_too_many_have_left(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has to stop leaves only after its next batch."""
    alive = {1, 2}
    monkeypatch.setattr(psutil, "pid_exists", alive.__contains__)
    scene.fake.models["digits"]["1.0"].workers = [{"pid": pid, "status": "READY"} for pid in (9, 1, 2)]
    scene.fake.answers["1.0"] = lambda images: (alive.pop(), one_hot(images))[1]
    scaling.scale(scene.fake.server, 1)
    assert alive == set()
    assert pids(scene) == [9]


def test_a_worker_that_does_not_leave_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "_LEAVE_SECONDS", 0.1)
    scene.fake.models["digits"]["1.0"].workers.append({"pid": os.getpid(), "status": "READY"})
    with pytest.raises(ScalingError, match=rf"workers \[{os.getpid()}\] are at their last batch after 0 s"):
        scaling.scale(scene.fake.server, 1)
    assert scene.deployed.workers == 1


def test_a_look_is_of_the_default_version(scene: Scene) -> None:
    scene.fake.serve("2.0", deployment.add_to_store(scene.directory, scene.archive("2.0")).file, workers=2)
    scene.fake.models["digits"]["2.0"].pending = 7
    sample = scaling.look(scene.fake.server)
    assert (sample.workers, sample.pending) == (2, 7)
    assert 0 < sample.latency < 10


# -- scaling by a rule ------------------------------------------------------------------------------------------------


RULE = Rule(1, 2, slow=1000.0, queue=1, up=0.0, down=0.0)  # only the queue counts


def times(looks: int, then: Callable[[], object] = lambda: None) -> Callable[[float], bool]:
    """Return an ``over`` that is true after this many samples. Call ``then`` after the first sample."""
    left = [looks]

    def over(pause: float) -> bool:
        assert pause == 0.5
        left[0] -= 1
        if left[0] == looks - 2:
            then()
        return left[0] < 0

    return over


def test_the_rule_is_followed_and_told(scene: Scene) -> None:
    version = scene.fake.models["digits"]["1.0"]
    version.pending = 9
    steps: list[str] = []
    scaling.follow(scene.directory, RULE, steps.append, times(3, lambda: setattr(version, "pending", 0)))
    assert len(pids(scene)) == scene.deployed.workers == 1
    assert [re.sub(r"\d+ ms", "N ms", step) for step in steps] == [
        "1 -> 2 workers: 9 wait, an answer takes N ms",
        "2 workers answer",
        "2 -> 1 workers: 0 wait, an answer takes N ms",
        "1 worker answers",
        "1 worker: 0 wait, an answer takes N ms",
    ]
    entries = [json.loads(line) for line in (scene.directory / audit.FILE).read_text().splitlines()]
    completed = [(entry["action"], entry["workers"]) for entry in entries if entry["outcome"] == "done"]
    assert completed == [("scale", 2), ("scale", 1)]


def test_a_state_that_lasts_is_reported_every_ten_seconds(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    scaling.follow(scene.directory, RULE, steps.append, times(4))
    assert len(steps) == 1
    monkeypatch.setattr(scaling, "_TELL_SECONDS", 0.0)
    scaling.follow(scene.directory, RULE, steps.append, times(4))
    assert len(steps) == 5


def test_while_something_else_changes_the_node_it_waits_and_says_so(scene: Scene) -> None:
    scene.fake.models["digits"]["1.0"].pending = 9
    steps: list[str] = []
    with lock.changing(scene.directory):
        scaling.follow(scene.directory, RULE, steps.append, times(1))
    assert steps[1].startswith("not now: process ")
    assert len(pids(scene)) == 1


def test_an_answer_that_does_not_come_is_waited_for(scene: Scene) -> None:
    scene.fake.refused["POST /predictions/digits/1.0"] = 503
    steps: list[str] = []
    scaling.follow(scene.directory, RULE, steps.append, times(2, scene.fake.refused.clear))
    assert steps[0].startswith("not now: Server error '503")
    assert steps[1].startswith("1 worker: 0 wait")
    assert len(steps) == 2


def test_without_a_running_server_nothing_is_done(scene: Scene) -> None:
    steps: list[str] = []
    scene.fake.models["digits"]["1.0"].pending = 9
    fake_torchserve.end(scene.fake.server)
    scaling.follow(scene.directory, RULE, steps.append, times(2))
    (scene.directory / "state.json").unlink()
    scaling.follow(scene.directory, RULE, steps.append, times(2))
    assert steps == [f"no server runs in {scene.directory}: waiting for one"] * 2  # each reported once


def test_a_server_that_was_started_again_is_the_one_that_is_asked(scene: Scene) -> None:
    steps: list[str] = []
    server.remember(replace(scene.fake.server, management="http://127.0.0.1:1"))
    scaling.follow(scene.directory, RULE, steps.append, times(2, lambda: server.remember(scene.fake.server)))
    assert steps[0] == "not now: [Errno 111] Connection refused"
    assert steps[1].startswith("1 worker: 0 wait")
