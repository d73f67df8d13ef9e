from pathlib import Path

import numpy as np
from PIL import Image

from inference.classifier import Predictions
from training.data.dataset import Examples
from training.reports import errors_sheet

TEST = Examples(np.zeros((4, 28, 28), dtype=np.uint8), np.array([1, 2, 3, 4], dtype=np.uint8))
SAID = Predictions(
    classes=np.array([1, 7, 8, 9]),
    confidences=np.array([0.9, 0.5, 0.95, 0.5], dtype=np.float32),
    accepted=np.array([True, False, True, False]),
    probabilities=np.empty((4, 10), dtype=np.float32),
)


def test_the_surest_errors_come_first_and_equals_in_their_order() -> None:
    assert errors_sheet.surest(TEST, SAID).tolist() == [2, 1, 3]


def test_it_is_drawn_with_errors_and_without(tmp_path: Path) -> None:
    right = Examples(TEST.images, SAID.classes.astype(np.uint8))
    sizes = []
    for name, test in (("errors", TEST), ("none", right)):
        errors_sheet.draw(test, SAID, name, tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as picture:
            sizes.append(picture.size)
    assert sizes[0][1] > sizes[1][1]
