"""Repair of a killed rollout by the next one."""

from pathlib import Path

import pytest

from serving.archives import record
from serving.errors import UserError
from serving.node import deployment
from tests.unit.serving import fake_torchserve

from .conftest import ALL, LENIENT, Scene, only


def test_a_switch_that_was_not_noted_is_noted_by_the_next(scene: Scene) -> None:
    first = scene.deployed.current
    second = deployment.add_to_store(scene.directory, scene.archive("2.0"))
    scene.fake.serve("2.0", second.file)
    third = scene.rollout.forward(scene.archive("3.0"), LENIENT)
    assert third.before[-1] == second
    assert scene.fake.versions == only("3.0")
    assert first.version == "1.0"


def test_a_rollback_that_was_not_noted_is_noted_by_the_next(scene: Scene) -> None:
    first = scene.deployed.current
    scene.rollout.forward(scene.archive("2.0"), LENIENT)
    second = scene.rollout.forward(scene.archive("3.0"), LENIENT).before[-1]
    scene.fake.serve("2.0", second.file)
    fourth = scene.rollout.forward(scene.archive("4.0"), LENIENT)
    assert fourth.before == (first, second)


def test_versions_beside_the_live_one_and_names_without_it_are_put_right(scene: Scene) -> None:
    live = scene.deployed.current
    left = deployment.add_to_store(scene.directory, scene.archive("1.5"))
    scene.fake.models["digits"]["1.5"] = fake_torchserve.Version(left.file, [])
    scene.fake.models["explainer"] = {"1.5": fake_torchserve.Version(left.file, [])}
    scene.fake.defaults["explainer"] = "1.5"
    with pytest.raises(UserError, match=r"^nothing older than 1\.0 is left: roll out another archive$"):
        scene.rollout.back()
    assert scene.fake.versions == only("1.0")
    assert scene.fake.defaults == dict.fromkeys(ALL, "1.0")
    assert scene.fake.models["explainer"]["1.0"].file == live.file
    assert "explainer 1.5 is left of a rollout that was killed, and is removed" in scene.steps


def test_a_version_that_is_built_anew_does_not_change_the_file_that_is_served(scene: Scene) -> None:
    """The new build has other bytes and another file name. A worker that starts again finds the deployed file."""
    store = deployment.store(scene.directory)
    live = scene.deployed.current
    before = (store / live.file).read_bytes()
    anew = deployment.add_to_store(scene.directory, scene.archive("1.0", code=b"# changed"))
    assert anew.file != live.file
    assert (store / live.file).read_bytes() == before
    assert deployment.load_from_store(scene.directory, live).sha256 == live.sha256
    assert record.described(Path(store / anew.file))
