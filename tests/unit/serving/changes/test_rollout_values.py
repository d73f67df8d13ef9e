"""Rollouts of a model that predicts numbers."""

from dataclasses import replace

import numpy as np
import pytest

from serving.changes.gates import Gates
from serving.errors import UserError
from tests.unit.serving.changes.conftest import LENIENT, Scene, only
from tests.unit.serving.fake_torchserve import one_hot


def answer(scene: Scene, scale: float) -> None:
    """Let version 2.0 answer the values of the live version times a factor."""
    scene.fake.kind = "values"
    scene.fake.answers["2.0"] = lambda images: one_hot(images) * np.float32(scale)


def test_values_that_differ_little_pass(scene: Scene) -> None:
    answer(scene, 1.05)
    scene.rollout.forward(scene.archive("2.0", kind="values", scale=1.05), LENIENT)
    assert scene.deployed.current.version == "2.0"
    assert any("10 samples: largest difference 0.05, and 5.00% of the size of value" in step for step in scene.steps)


def test_values_that_differ_much_are_refused_with_figures(scene: Scene) -> None:
    answer(scene, 1.25)
    new = scene.archive("2.0", kind="values", scale=1.25)
    with pytest.raises(UserError, match=r"value \d differs by 25\.00% of its size, and 10\.00% is allowed"):
        scene.rollout.forward(new, LENIENT)
    assert (scene.fake.versions, scene.deployed.current.version) == (only("1.0"), "1.0")
    scene.rollout.forward(new, replace(LENIENT, gates=Gates(difference=0.3, slack=60.0)))
    assert scene.deployed.current.version == "2.0"


def test_golden_values_that_are_missed_are_refused(scene: Scene) -> None:
    answer(scene, 1.5)
    with pytest.raises(UserError, match=r"golden values are missed by 0\.5; at most 1e-04 is allowed"):
        scene.rollout.forward(scene.archive("2.0", kind="values"), LENIENT)


def test_a_model_that_answers_another_kind_is_refused(scene: Scene) -> None:
    with pytest.raises(UserError, match=r"digits 2\.0: answers have 'probabilities', and no values of one shape"):
        scene.rollout.forward(scene.archive("2.0", kind="values"), LENIENT)
    assert scene.fake.versions == only("1.0")
