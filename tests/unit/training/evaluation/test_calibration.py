import numpy as np
import pytest
import torch

from training.evaluation import calibration


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_factor_on_honest_logits(factor: float) -> None:
    torch.manual_seed(0)
    logits = 3.0 * torch.randn(50_000, 10)
    labels = torch.multinomial(torch.softmax(logits, dim=1), 1)[:, 0]  # right as often as the logits state
    assert calibration.temperature(factor * logits, labels) == pytest.approx(factor, rel=0.02)


def test_the_temperature_of_a_network_that_is_always_right_or_wrong_stays_in_bounds() -> None:
    labels = torch.arange(10)
    assert calibration.temperature(torch.eye(10), labels) == pytest.approx(0.05)
    assert calibration.temperature(torch.eye(10), labels.roll(1)) == pytest.approx(20.0)


CONFIDENCES = np.array([0.9, 0.5, 0.8, 0.7, 0.6], dtype=np.float32)
RIGHT = np.array([True, False, True, True, False])  # by descending confidence: right, right, right, wrong, wrong
# Counted errors: 0, 0, 0, 1, 2. Predicted errors: 0.1, 0.3, 0.6, 1.0, 1.5. Half of their sum over 1 to 5 accepted
# examples: 0.05, 0.075, 0.1, 0.25, 0.35.


@pytest.mark.parametrize(("precision", "least"), [(0.95, 0.9), (0.92, 0.8), (0.89, 0.7), (0.74, 0.6), (0.0, 0.5)])
def test_the_threshold_is_the_least_confidence_with_few_enough_errors(precision: float, least: float) -> None:
    assert calibration.threshold(CONFIDENCES, RIGHT, precision - 1e-6, coverage=1.0) == pytest.approx(least)


@pytest.mark.parametrize(("coverage", "least"), [(1.0, 0.5), (0.8, 0.6), (0.79, 0.6), (0.6, 0.7), (0.2, 0.9)])
def test_no_more_than_the_coverage_is_accepted_even_if_all_could_be(coverage: float, least: float) -> None:
    assert calibration.threshold(CONFIDENCES, RIGHT, 0.0, coverage) == pytest.approx(least)


def test_precision_comes_before_coverage() -> None:
    assert calibration.threshold(CONFIDENCES, RIGHT, 0.92, coverage=0.8) == pytest.approx(0.8)


def test_equal_confidences_are_accepted_together() -> None:
    confidences = np.array([0.9, 0.8, 0.8], dtype=np.float32)
    right = np.array([True, True, False])  # the first two alone would be 0.925 right
    assert calibration.threshold(confidences, right, 0.9, coverage=1.0) == pytest.approx(0.9)


def test_where_no_confidence_is_enough_only_certainty_passes() -> None:
    assert calibration.threshold(CONFIDENCES, ~RIGHT, 0.999) == 1.0


def test_the_accepted_of_an_honest_network_are_right_as_often_as_asked_on_new_images() -> None:
    rng = np.random.default_rng(0)
    doubts = (rng.random(200_000) ** 8).astype(np.float32)  # right as often as stated, and mostly confident
    right = rng.random(200_000) >= doubts
    thresholds = [
        calibration.threshold(1 - doubts[part], right[part], 0.999, coverage=1.0)
        for part in np.split(np.arange(100_000), 20)
    ]
    new = slice(100_000, None)
    precisions = [right[new][1 - doubts[new] >= threshold].mean() for threshold in thresholds]
    assert np.mean(precisions) == pytest.approx(0.999, abs=2e-4)
    assert np.std(precisions) < 5e-4


def test_the_expected_error_by_hand() -> None:
    confidences = np.array([0.95, 0.95, 0.65, 0.65], dtype=np.float32)  # two bins of two
    right = np.array([True, False, True, True])
    assert calibration.expected_error(confidences, right) == pytest.approx((2 * 0.45 + 2 * 0.35) / 4)


def test_certainty_that_is_always_right_has_no_error() -> None:
    assert calibration.expected_error(np.ones(5, dtype=np.float32), np.ones(5, dtype=bool)) == 0.0
