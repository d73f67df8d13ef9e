from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.classifier import Predictions
from training.reports import risk_coverage
from training.reports.risk_coverage import Curve


@pytest.fixture
def curve() -> Curve:
    confidences = np.array([0.6, 0.9, 0.8, 0.99], dtype=np.float32)
    right = np.array([False, True, False, True])
    accepted = np.array([False, True, True, False])  # the surest is a black image, which is never accepted
    predictions = Predictions(np.zeros(4, dtype=np.int64), confidences, accepted, np.empty((4, 10), dtype=np.float32))
    return risk_coverage.curve("some", predictions, right)


def test_the_accepted_come_first_and_then_the_surest(curve: Curve) -> None:
    assert curve.errors.tolist() == [0, 1, 1, 2]
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])


def test_the_mark_stands_at_what_is_accepted(curve: Curve) -> None:
    assert curve.chosen == 2
    assert curve.risk[curve.chosen - 1] == 0.5


@pytest.mark.parametrize("chosen", [0, 2])
def test_it_is_drawn_even_where_nothing_is_accepted(curve: Curve, chosen: int, tmp_path: Path) -> None:
    other = Curve("other", curve.coverage, curve.errors, chosen)
    risk_coverage.draw([curve, other], 0.97, 0.001, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert min(picture.size) > 300
