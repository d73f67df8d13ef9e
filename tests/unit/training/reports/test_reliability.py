from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.reports import reliability
from training.reports.reliability import ConfidenceSample

CONFIDENCES = np.array([0.99, 0.97, 0.65, 0.61, 0.3], dtype=np.float32)
RIGHT = np.array([True, False, True, False, False])


def test_the_bins_by_hand() -> None:
    sample = ConfidenceSample(CONFIDENCES, RIGHT)
    bins = reliability.bins(CONFIDENCES.astype(np.float64), np.linspace(0, 1, 6), sample)
    assert bins.examples.tolist() == [1, 2, 2]
    assert bins.error.tolist() == [1.0, 0.5, 0.5]
    assert bins.doubt == pytest.approx([0.7, 0.37, 0.02])


def test_certainty_is_in_the_last_bin_and_on_the_first_of_doubts() -> None:
    sure = ConfidenceSample(np.ones(3, dtype=np.float32), np.ones(3, dtype=bool))
    for values in (np.ones(3), np.zeros(3)):
        bins = reliability.bins(values, np.linspace(0, 1, 6), sure)
        assert (bins.examples.tolist(), bins.error.tolist(), bins.doubt.tolist()) == ([3], [0.0], [0.0])


def test_the_calibration_error_is_what_the_bins_show() -> None:
    from training.evaluation import calibration

    rng = np.random.default_rng(0)
    confidences = rng.random(500, dtype=np.float32)
    right = rng.random(500) < confidences**2
    bins = reliability.bins(confidences.astype(np.float64), np.linspace(0, 1, 16), ConfidenceSample(confidences, right))
    error = (bins.examples * np.abs(bins.error - bins.doubt)).sum() / 500
    assert error == pytest.approx(calibration.expected_error(confidences, right), rel=1e-5)


def test_the_picture_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    before, after = ConfidenceSample(CONFIDENCES, RIGHT), ConfidenceSample(np.ones(5, dtype=np.float32), RIGHT)
    for name in ("a.png", "b.png"):
        reliability.draw(before, after, "some", tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as picture:
        assert min(picture.size) > 400
