"""Drawn digits vary as foreign digits do: in size, pen, place, shade and file."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from training.digits.challenges import drawn, handwriting, pen
from training.digits.challenges.drawn import written

MANY = 150


@pytest.fixture(scope="module")
def pages() -> list[Image.Image]:
    opened: list[Image.Image] = []
    for file in drawn(MANY, seed=1).files:
        image = Image.open(BytesIO(file))
        image.load()
        opened.append(image)
    return opened


def test_the_digits_come_in_turn() -> None:
    labels = drawn(25).labels
    assert labels is not None
    assert labels.tolist() == [*range(10), *range(10), *range(5)]


def test_pages_have_20_to_2000_pixels(pages: list[Image.Image]) -> None:
    sides = np.array([page.size for page in pages])
    assert sides.min() >= 20
    assert sides.max() <= 2000
    assert (sides.max(axis=1) < 50).any()
    assert (sides.max(axis=1) > 1000).any()


def test_most_are_dark_on_light_and_some_light_on_dark(pages: list[Image.Image]) -> None:
    light = np.mean([np.median(np.asarray(page.convert("L"))) > 127 for page in pages])
    assert 0.7 < light < 0.95


def test_there_are_photographs_and_clean_files(pages: list[Image.Image]) -> None:
    assert {page.format for page in pages} == {"PNG", "JPEG"}
    assert {page.mode for page in pages} == {"L", "RGB"}


def test_they_stand_anywhere(pages: list[Image.Image]) -> None:
    centres = []
    for page in pages:
        grey = np.asarray(page.convert("L").resize((64, 64)), dtype=float)
        ink = np.abs(grey - np.median(grey))
        ink[ink < 0.6 * ink.max()] = 0
        centres.append([(ink.sum(axis=1) @ np.arange(64)), ink.sum(axis=0) @ np.arange(64)] / ink.sum() / 63)
    assert np.std(centres, axis=0).min() > 0.05


@pytest.mark.parametrize("digit", range(10))
def test_a_hand_writes_no_digit_twice_alike(digit: int) -> None:
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(written(digit, rng)) for _ in range(2))
    assert first.shape != second.shape or not np.allclose(first, second)


@pytest.mark.parametrize("digit", range(10))
def test_every_style_stays_within_its_box(digit: int) -> None:
    for style in handwriting.STYLES[digit]:
        points = np.concatenate(handwriting.knots(style))
        assert points.min() >= -0.1
        assert points[:, 0].max() <= 0.7
        assert points[:, 1].max() <= 1.0


def test_a_pen_draws_as_long_and_as_wide_as_asked() -> None:
    line = np.stack([np.full(50, 0.5), np.linspace(0, 1, 50)], axis=1)
    cover = pen.drawn([line], side=200, width=20)
    ink = cover > 0.5
    assert ink.any(axis=1).sum() == pytest.approx(200, abs=2)
    assert ink.any(axis=0).sum() == pytest.approx(20, abs=2)
