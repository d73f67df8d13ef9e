import numpy as np
import pytest
import torch

from training import calibration


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_factor_on_honest_logits(factor: float) -> None:
    torch.manual_seed(0)
    logits = 3.0 * torch.randn(50_000, 10)
    labels = torch.multinomial(torch.softmax(logits, dim=1), 1)[:, 0]  # right as often as the logits say
    assert calibration.temperature(factor * logits, labels) == pytest.approx(factor, rel=0.02)


def test_the_temperature_of_a_network_that_is_always_right_or_wrong_stays_in_bounds() -> None:
    labels = torch.arange(10)
    assert calibration.temperature(torch.eye(10), labels) == pytest.approx(0.05)
    assert calibration.temperature(torch.eye(10), labels.roll(1)) == pytest.approx(20.0)


CONFIDENCES = np.array([0.9, 0.5, 0.8, 0.7, 0.6], dtype=np.float32)
RIGHT = np.array([True, False, True, False, True])  # from the surest on: right, right, wrong, right, wrong


@pytest.mark.parametrize(("precision", "least"), [(1.0, 0.8), (0.75, 0.6), (0.6, 0.5), (0.0, 0.5)])
def test_the_threshold_is_the_least_confidence_that_is_right_often_enough(precision: float, least: float) -> None:
    assert calibration.threshold(CONFIDENCES, RIGHT, precision) == pytest.approx(least)


def test_equal_confidences_are_accepted_together() -> None:
    confidences = np.array([0.9, 0.8, 0.8], dtype=np.float32)
    assert calibration.threshold(confidences, np.array([True, True, False]), 1.0) == pytest.approx(0.9)


def test_where_no_confidence_is_enough_only_certainty_passes() -> None:
    assert calibration.threshold(CONFIDENCES, ~RIGHT, 0.999) == 1.0


def test_the_expected_error_by_hand() -> None:
    confidences = np.array([0.95, 0.95, 0.65, 0.65], dtype=np.float32)  # two bins of two
    right = np.array([True, False, True, True])
    assert calibration.expected_error(confidences, right) == pytest.approx((2 * 0.45 + 2 * 0.35) / 4)


def test_certainty_that_is_always_right_has_no_error() -> None:
    assert calibration.expected_error(np.ones(5, dtype=np.float32), np.ones(5, dtype=bool)) == 0.0
