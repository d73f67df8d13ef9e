"""Rollback to the previous version, only if it reproduces its golden samples."""

import pytest

from serving.errors import UserError

from .conftest import LENIENT, Scene, only, wrong


def test_the_way_back_leads_to_the_version_before_without_a_comparison(scene: Scene) -> None:
    scene.rollout.forward(scene.archive("2.0"), LENIENT)
    scene.fake.answers["2.0"] = wrong
    deployed = scene.rollout.back()
    assert (deployed.current.version, deployed.before) == ("1.0", ())
    assert scene.fake.versions == only("1.0")


def test_the_version_before_may_have_a_later_name(scene: Scene) -> None:
    scene.rollout.forward(scene.archive("0.9"), LENIENT)
    assert scene.rollout.back().current.version == "1.0"


def test_the_way_back_is_held_to_the_golden_samples(scene: Scene) -> None:
    scene.rollout.forward(scene.archive("2.0"), LENIENT)
    scene.fake.answers["1.0"] = wrong
    with pytest.raises(UserError, match="golden probabilities are missed"):
        scene.rollout.back()
    assert scene.fake.versions == only("2.0")


def test_at_first_there_is_no_way_back(scene: Scene) -> None:
    with pytest.raises(UserError, match=r"^nothing older than 1\.0 is left: roll out another archive$"):
        scene.rollout.back()
