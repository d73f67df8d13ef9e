import dataclasses

import numpy as np
import pytest

from inference.bundle import Bundle, Metadata
from inference.classifier import Predictions
from model import SPEC
from training.data.dataset import Examples
from training.digits.assessment import Assessment
from training.digits.challenges import Challenge
from training.digits.foreign_sheet import PredictedChallenge
from training.digits.targets import TARGETS, ModelTarget


def predictions(right: int, accepted: int, n: int) -> Predictions:
    """Return predictions of n images of a 0: the first ``right`` are right, the last ``accepted`` are accepted."""
    probabilities = np.full((n, 10), 0.01, dtype=np.float32)
    digits = (np.arange(n) >= right).astype(np.int64)
    return Predictions(digits, np.full(n, right / n, dtype=np.float32), np.arange(n) >= n - accepted, probabilities)


def assessment(preset: str, right: int, **fields: object) -> Assessment:
    test = Examples(np.zeros((1000, 28, 28), dtype=np.uint8), np.zeros(1000, dtype=np.uint8))
    trained = Bundle({}, Metadata(preset, {"sizes": [784, 10]}, 0), "", SPEC)
    answers = predictions(right, 0, 1000)
    return dataclasses.replace(Assessment("some", trained, {}, test, answers, answers, []), **fields)  # type: ignore[arg-type]


def target(what: str) -> ModelTarget:
    (match,) = [candidate for candidate in TARGETS if what in candidate.what]
    return match


@pytest.mark.parametrize(
    ("right", "verdict"), [(995, "99.50 %, met"), (994, "99.40 %, **missed**"), (1000, "100.00 %, met")]
)
def test_a_figure_at_its_bound_is_met(right: int, verdict: str) -> None:
    assert target("test images that are right").verdict(assessment("best", right)) == verdict


def test_what_is_asked_of_best_alone_is_told_of_others() -> None:
    assert target("test images that are right").verdict(assessment("default", 900)) == "90.00 %"


@pytest.mark.parametrize(("seconds", "verdict"), [(1800.0, "30.0 min, met"), (1900.0, "31.7 min, **missed**")])
def test_the_time_is_that_of_the_training(seconds: float, verdict: str) -> None:
    measured = assessment("best", 999, metrics={"training": {"seconds": seconds}})
    assert target("training time").verdict(measured) == verdict


def test_what_was_not_measured_is_not_said_to_be_met() -> None:
    measured = assessment("best", 999)
    for what in ("training time", "no digit", "drawn", "scanned"):
        assert target(what).verdict(measured) == "not measured"


def test_challenges_are_counted_by_kind() -> None:
    images = np.zeros((100, 28, 28), dtype=np.uint8)
    zeros = np.zeros(100, dtype=np.int64)
    answers = [
        PredictedChallenge(Challenge("drawn", (), zeros), images, predictions(97, 0, 100)),
        PredictedChallenge(Challenge("scans", (), zeros), images, predictions(89, 0, 100)),
        PredictedChallenge(Challenge("noise", (), None), images, predictions(0, 0, 100)),
        PredictedChallenge(Challenge("letters", (), None), images, predictions(0, 11, 100)),
        PredictedChallenge(Challenge("bars", (), None, counts=False), images, predictions(0, 100, 100)),
    ]
    measured = assessment("default", 999, answered=answers)
    assert target("drawn").verdict(measured) == "97.00 %, met"
    assert target("scanned").verdict(measured) == "89.00 %, **missed**"
    assert target("no digit").verdict(measured) == "94.50 %, **missed**"
