"""What a rollout compares versions on where there is no test set."""

import pytest

from scripts.arguments import rollout as arguments
from scripts.commands import rollout
from tests.missing import missing


def test_without_training_the_golden_samples_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    """A container has no training/."""
    with missing("training"):
        trial = rollout.trial(arguments.parse(["digits.mar", "--agreement", "0.5"]))
    assert (trial.held_out, trial.gates.agreement) == (None, 0.5)
    assert "only the golden samples are compared" in capsys.readouterr().out
