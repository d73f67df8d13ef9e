"""All kinds of pictures: files that a client could send, equal for the same seed."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.unit.training.digits.challenges.kinds import FEW, MAKERS
from training.digits.challenges import Challenge, scans, seen


def opened(file: bytes) -> Image.Image:
    image = Image.open(BytesIO(file))
    image.load()
    return image


@pytest.mark.parametrize("name", MAKERS)
def test_they_are_image_files_that_the_service_reads(name: str, few: Mapping[str, Challenge]) -> None:
    challenge = few[name]
    assert challenge.name == name
    assert {opened(file).format for file in challenge.files} <= {"PNG", "JPEG"}
    images = seen(challenge)
    assert images.shape == (FEW, 28, 28)
    assert images.dtype == np.uint8


@pytest.mark.parametrize("name", MAKERS)
def test_the_seed_decides(name: str, few: Mapping[str, Challenge]) -> None:
    assert MAKERS[name](FEW, seed=5).files == few[name].files
    assert MAKERS[name](FEW, seed=6).files != few[name].files


def test_only_digits_have_labels_and_only_look_alikes_do_not_count(few: Mapping[str, Challenge]) -> None:
    assert {name for name, challenge in few.items() if challenge.labels is not None} == {"drawn digits"}
    assert {name for name, challenge in few.items() if not challenge.counts} == {
        "letters like digits",
        "shapes like digits",
    }


def test_scans_are_those_of_the_uci_set() -> None:
    from sklearn.datasets import load_digits

    challenge = scans()
    assert challenge.labels is not None
    assert len(challenge.files) == len(challenge.labels) == 1797
    assert np.array_equal(challenge.labels, load_digits().target)
    page = np.asarray(opened(challenge.files[0]), dtype=float)
    cells = page[20:180, 20:180].reshape(8, 20, 8, 20)[:, 9:11, :, 9:11].mean(axis=(1, 3))
    assert np.corrcoef(255 - cells.ravel(), load_digits().data[0])[0, 1] > 0.99
