import numpy as np
import pytest

from inference.classifier import Predictions
from training.digits import robustness
from training.digits.challenges import Challenge
from training.digits.robustness import ChallengeOutcome

SAID = Predictions(
    classes=np.array([3, 3, 5, 7]),
    confidences=np.array([0.9, 0.8, 0.6, 0.9], dtype=np.float32),
    accepted=np.array([True, True, False, True]),
    probabilities=np.empty((4, 10), dtype=np.float32),
)


def test_digits_are_right_or_wrong_accepted_or_not() -> None:
    outcome = robustness.outcome(Challenge("some", (), np.array([3, 4, 5, 7])), SAID)
    assert (outcome.images, outcome.right, outcome.accepted, outcome.accepted_right) == (4, 3, 3, 2)
    assert (outcome.accuracy, outcome.rejected) == (0.75, 0.25)
    assert outcome.confidence == pytest.approx(0.8)


def test_what_is_no_digit_is_only_accepted_or_not() -> None:
    outcome = robustness.outcome(Challenge("noise", (), None), SAID)
    assert (outcome.images, outcome.right, outcome.accepted_right, outcome.rejected) == (4, None, None, 0.25)


def test_together_every_image_counts_once() -> None:
    parts = [
        ChallengeOutcome("a", 10, 5, 0.5, right=8, accepted_right=5),
        ChallengeOutcome("b", 30, 30, 0.9, right=30, accepted_right=30),
    ]
    outcome = robustness.total(parts, "all")
    assert (outcome.images, outcome.accepted, outcome.right, outcome.accepted_right) == (40, 35, 38, 35)
    assert outcome.confidence == pytest.approx(0.8)
    others = [ChallengeOutcome("c", 10, 1, 0.5), ChallengeOutcome("d", 90, 4, 0.5)]
    assert robustness.total(others, "all").rejected == pytest.approx(0.95)
    assert robustness.total(others, "all").right is None
