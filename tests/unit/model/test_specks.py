"""Separate marks beside the digit: dust, a caption, a point."""

import numpy as np
import pytest

from model import pixels
from model.illumination import Grey
from tests.pictures import digit
from training.data.dataset import Dataset

STEP = "specks left out"


def page(number: int = 7) -> Grey:
    """Return dark ink on a white page (400, 300)."""
    sheet = np.full((400, 300), 255, np.float32)
    sheet[100:240, 60:200] -= np.asarray(digit(number, scale=5), np.float32)
    return sheet


def test_a_page_without_specks_has_no_such_step() -> None:
    assert STEP not in pixels.normalise(page())[1]


@pytest.mark.parametrize(("row", "column"), [(5, 5), (390, 150), (120, 290), (380, 3), (160, 2)])
def test_a_speck_changes_nothing_of_the_digit(row: int, column: int) -> None:
    dusty = page()
    dusty[row : row + 3, column : column + 3] = 0
    image, steps = pixels.normalise(dusty)
    assert STEP in steps
    assert np.array_equal(image, pixels.normalise(page())[0])


def test_many_specks_and_a_line_of_small_text_leave_the_digit_its_size() -> None:
    dusty = page()
    random = np.random.default_rng(0)
    for row, column in random.integers(2, 298, (25, 2)):
        dusty[row, column] = 0
    dusty[385:390, 10:120:4] = 0
    rows = np.flatnonzero(pixels.normalise(dusty)[0].any(axis=1))
    assert rows[-1] - rows[0] + 1 == 20


@pytest.mark.parametrize("axis", [0, 1])
def test_two_digits_are_reported(axis: int) -> None:
    two = np.concatenate([np.asarray(digit(number, scale=5), np.float32) for number in (7, 3)], axis=axis)
    assert "several marks" in pixels.normalise(255 - two)[1]


def test_one_digit_is_hardly_ever_several_marks(mnist: Dataset) -> None:
    images = mnist.test.images[:500]
    several = sum("several marks" in pixels.normalise(255 - image.astype(np.float32))[1] for image in images)
    assert several <= 0.02 * len(images)


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_a_large_part_of_the_digit_may_stand_apart(share: float) -> None:
    """The bar of a 5 in two strokes is an example."""
    sheet = np.zeros((200, 100), np.float32)
    sheet[80:180, 40:60] = 255
    sheet[20 : 20 + round(100 * share), 40:60] = 255
    _, steps = pixels.normalise(sheet)
    assert steps == ("cropped", f"scaled to {round(400 / 160)}x20", "centred")


def test_mnist_moved_to_a_corner_keeps_all_of_its_ink(mnist: Dataset) -> None:
    images = mnist.test.images[:500]
    left_out = sum(STEP in pixels.normalise(np.pad(image, (0, 9)).astype(np.float32))[1] for image in images)
    assert left_out <= 0.02 * len(images)
