"""Removal of a version: only after its queue, workers and connections are empty."""

from contextlib import suppress

import pytest

from serving.changes import retirement
from serving.changes.retirement import RetirementError, retire
from serving.torchserve import stacks
from tests.unit.serving.fake_torchserve import STARTING, WORKING

from .conftest import Scene


def leaves(scene: Scene, seconds: float = 0.2) -> bool:
    with scene.fake.server.manage() as management, suppress(RetirementError):
        retire(scene.fake.server, management, "1.0", seconds)
    return "1.0" not in scene.fake.models["digits"]


def test_one_with_nothing_to_do_leaves_at_once(scene: Scene) -> None:
    assert leaves(scene, seconds=30.0)
    assert scene.fake.calls == ["DELETE /models/digits/1.0"]


def test_one_with_requests_in_its_queue_stays(scene: Scene) -> None:
    scene.fake.models["digits"]["1.0"].pending = 1
    assert not leaves(scene)


def test_one_with_requests_in_a_workers_hands_stays(scene: Scene) -> None:
    scene.fake.stacks.write_text(WORKING.format(version="1.0"))
    assert not leaves(scene)


def test_what_another_version_has_in_hand_does_not_matter(scene: Scene) -> None:
    scene.fake.stacks.write_text(WORKING.format(version="2.0"))
    assert leaves(scene, seconds=30.0)


def test_one_without_a_ready_worker_has_nothing_in_hand(scene: Scene) -> None:
    scene.fake.stacks.write_text(WORKING.format(version="1.0"))
    scene.fake.models["digits"]["1.0"].workers[0]["status"] = STARTING
    assert leaves(scene, seconds=30.0)


def test_one_of_several_workers_is_enough_to_have_something_in_hand(scene: Scene) -> None:
    scene.fake.stacks.write_text(WORKING.format(version="1.0"))
    scene.fake.models["digits"]["1.0"].workers.append({"pid": 1, "status": STARTING})
    assert not leaves(scene)


def test_a_request_between_queue_and_worker_is_seen_at_the_second_look(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []
    idle = retirement._idle

    def look(*arguments: object) -> bool:
        if len(looks) == 1:
            scene.fake.stacks.write_text(WORKING.format(version="1.0"))
        looks.append(idle(*arguments))  # type: ignore[arg-type]
        if len(looks) == 3:
            scene.fake.stacks.write_text("")
        return looks[-1]

    monkeypatch.setattr(retirement, "_idle", look)
    assert leaves(scene, seconds=30.0)
    assert looks == [True, False, False, True, True]


def test_a_request_that_comes_while_the_stacks_are_read_is_seen(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> list[str]:
        scene.fake.models["digits"]["1.0"].pending = 1
        return []

    monkeypatch.setattr(stacks, "of", read)
    assert not leaves(scene)
