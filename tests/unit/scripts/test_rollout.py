"""Examples for the comparison of versions in a rollout without a test set."""

from pathlib import Path

import pytest

from scripts import arguments
from scripts.commands import rollout
from serving.archives.record import Archive
from tests.missing import missing


def archive(name: str) -> Archive:
    return Archive(Path(f"{name}.mar"), "", "", name)


def test_another_model_is_compared_on_its_golden_samples() -> None:
    assert rollout.trial(arguments.parse("rollout", ["flowers.mar"]), archive("flowers")).samples is None


def test_without_training_the_golden_samples_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    """A container has no training/."""
    with missing("training"):
        trial = rollout.trial(arguments.parse("rollout", ["digits.mar", "--agreement", "0.5"]), archive("digits"))
    assert (trial.samples, trial.gates.agreement) == (None, 0.5)
    assert "only the golden samples are compared" in capsys.readouterr().out
