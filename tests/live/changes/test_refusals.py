"""Versions that a rollout refuses. The version before them is still served."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.samples import Samples
from serving.archives.archive import pack
from serving.archives.package import ModelPackage
from serving.archives.record import Archive, Release
from serving.changes.rollout import Rollout, RolloutTrial
from serving.errors import UserError
from serving.torchserve import registrations
from tests import recipe
from tests.spoiling import spoilt

from .conftest import recorded, rollout, served, server_of

pytestmark = pytest.mark.usefixtures("restored")


def test_a_version_that_misses_its_golden_samples_is_refused(node: Path, repacked: Callable[..., Archive]) -> None:
    def spoil(name: str, content: bytes) -> bytes:
        return spoilt(content) if name == "model.safetensors" else content

    live = served(node)["modelVersion"]
    completed = rollout(node, str(repacked("3.0", spoil).path), "--images", "64")
    assert completed.returncode == 1
    (line,) = completed.stderr.splitlines()
    assert line.startswith("error: 3.0 does not load: Failed to load model ")
    assert "golden probabilities are missed by" in line
    assert served(node)["modelVersion"] == served(node, registrations.EXPLAINER)["modelVersion"] == live
    server_of(node).wait_ready()  # the failure in the log is one of another version


def test_a_version_that_reads_other_digits_is_refused(
    node: Path, bundle_path: Path, trial: RolloutTrial, tmp_path: Path
) -> None:
    """It agrees with its own training and golden samples, so only the comparison with the live version fails."""
    live = served(node)["modelVersion"]
    sealed, _ = pack(ModelPackage(), bundle_path, Samples(recipe.drawn(*range(10))), tmp_path, Release("4.0"))
    with pytest.raises(UserError, match=r"agreement is \d+\.\d+%, and 99\.00% is wanted; accuracy is .*% is allowed"):
        Rollout(server_of(node), report=lambda _: None).forward(recorded(sealed, "4.0"), trial)
    assert served(node)["modelVersion"] == served(node, registrations.EXPLAINER)["modelVersion"] == live


def test_a_version_that_is_slow_is_refused(node: Path, repacked: Callable[..., Archive], trial: RolloutTrial) -> None:
    sleeps = b"""
import time
_answers = InferenceHandler.answers
InferenceHandler.answers = lambda self, batch: (time.sleep(0.3), _answers(self, batch))[1]
"""
    slow = repacked("4.1", lambda name, content: content + sleeps * (name == "inference_handler.py"))
    assert trial.samples
    live = served(node)["modelVersion"]
    short = RolloutTrial(samples=Samples(trial.samples.rows[:64]), timed=5)
    with pytest.raises(
        UserError, match=r"^latency p95 is \d+\.\d\d ms, and \d+\.\d\d ms is allowed: scripts/rollout --help"
    ):
        Rollout(server_of(node), report=lambda _: None).forward(slow, short)
    assert served(node)["modelVersion"] == live


def test_the_live_version_is_not_rolled_out_again(node: Path, repacked: Callable[..., Archive]) -> None:
    live = served(node)["modelVersion"]
    with pytest.raises(UserError, match=rf"^{re.escape(live)} is the live version"):
        Rollout(server_of(node), report=lambda _: None).forward(repacked(live), RolloutTrial())
