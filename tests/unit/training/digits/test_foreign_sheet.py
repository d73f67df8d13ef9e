from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.classifier import Predictions
from training.digits import foreign_sheet
from training.digits.challenges import Challenge
from training.digits.foreign_sheet import PredictedChallenge


def file(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def answered(name: str, labels: list[int] | None, accepted: list[bool]) -> PredictedChallenge:
    n = len(accepted)
    predictions = Predictions(
        classes=np.full(n, 7),
        confidences=np.linspace(0.5, 0.9, n, dtype=np.float32),
        accepted=np.array(accepted),
        probabilities=np.empty((n, 10), dtype=np.float32),
    )
    files = tuple(file(Image.new("L", (40, 40), 200)) for _ in range(n))
    expected = None if labels is None else np.array(labels, dtype=np.int64)
    return PredictedChallenge(Challenge(name, files, expected), np.zeros((n, 28, 28), dtype=np.uint8), predictions)


@pytest.mark.parametrize("size", [(20, 20), (2000, 1000), (7, 300)])
def test_a_thumbnail_keeps_the_aspect_on_grey(size: tuple[int, int]) -> None:
    pixels = foreign_sheet.thumbnail(file(Image.new("L", size, 0)))
    assert pixels.shape == (56, 56, 3)
    black = (pixels == 0).all(axis=2)
    width, height = black.any(axis=0).sum(), black.any(axis=1).sum()
    assert max(width, height) == 56
    assert width / height == pytest.approx(size[0] / size[1], rel=0.5)
    assert (pixels[~black] == 200).all()


def test_a_thumbnail_reads_colours_transparency_and_jpeg() -> None:
    assert foreign_sheet.thumbnail(file(Image.new("RGB", (9, 9), (255, 0, 0))))[28, 28].tolist() == [255, 0, 0]
    assert foreign_sheet.thumbnail(file(Image.new("RGBA", (9, 9), (0, 0, 0, 0))))[28, 28].tolist() == [200] * 3
    assert foreign_sheet.thumbnail(file(Image.new("L", (90, 90), 90), "JPEG"))[28, 28].tolist() == [90] * 3


def test_misread_digits_and_accepted_others_make_it_longer(tmp_path: Path) -> None:
    fine = answered("drawn", [7, 7], [True, True]), answered("noise", None, [False, False])
    poor = answered("drawn", [1, 7], [True, True]), answered("noise", None, [False, True])
    heights = []
    for challenges in (fine, (poor[0], fine[1]), poor):
        foreign_sheet.draw(challenges, "some", tmp_path / "sheet.png")
        with Image.open(tmp_path / "sheet.png") as picture:
            heights.append(picture.size[1])
    assert heights[0] < heights[1] < heights[2]
