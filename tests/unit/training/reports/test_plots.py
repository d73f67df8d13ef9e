"""Pictures of a training."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.reports import plots


def drawn(labels: list[str], path: Path) -> tuple[int, int]:
    plots.confusion(np.eye(len(labels), dtype=int).tolist(), labels, path)
    with Image.open(path) as picture:
        return picture.size


@pytest.mark.parametrize(
    "labels",
    [list("0123456789"), ["円", "квадрат", "$x_1$ \\frac"], ["a" * 500, "b"], [str(number) for number in range(1000)]],
    ids=["digits", "any script", "long", "many"],
)
def test_a_confusion_of_any_labels_is_drawn_without_a_warning(labels: list[str], tmp_path: Path) -> None:
    assert min(drawn(labels, tmp_path / "confusion.png")) > 250
