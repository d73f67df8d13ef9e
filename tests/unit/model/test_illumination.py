"""Uneven light: digits on pages in phone photos are read as well as clean ones."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from inference.classifier import Classifier
from model import illumination, image_file
from model.pixels import Images
from tests.pictures import saved
from training.data.dataset import Dataset

Page = npt.NDArray[np.float64]
Light = Callable[[np.random.Generator, Page, Page], Page]
IMAGES = 100
LEAST_ACCURACY = 0.95


def even(rng: np.random.Generator, x: Page, y: Page) -> Page:
    return np.full(x.shape, 230.0)


def slope(rng: np.random.Generator, x: Page, y: Page) -> Page:
    angle = rng.uniform(0.0, 2.0 * np.pi)
    page: Page = 175.0 + (np.cos(angle) * x + np.sin(angle) * y) * rng.uniform(40.0, 75.0)
    return page


def shadow(rng: np.random.Generator, x: Page, y: Page) -> Page:
    angle = rng.uniform(0.0, 2.0 * np.pi)
    page: Page = 230.0 - 110.0 / (1.0 + np.exp(-(np.cos(angle) * x + np.sin(angle) * y) * 12.0))
    return page


def vignette(rng: np.random.Generator, x: Page, y: Page) -> Page:
    return 235.0 - 80.0 * (x * x + y * y)


def photo(digit: Images, light: Light, rng: np.random.Generator) -> Images:
    """Return a photo of a page in this light, with noise, and the digit somewhere in dark ink."""
    side = 28 * int(rng.integers(5, 12))
    height, width = (int(side + rng.integers(50, 400)) for _ in range(2))
    top, left = (int(rng.integers(0, length - side + 1)) for length in (height, width))
    ink = np.zeros((height, width))
    ink[top : top + side, left : left + side] = np.asarray(Image.fromarray(digit).resize((side, side))) / 255.0
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    page = light(rng, x, y) * (1.0 - 0.8 * ink)
    return np.clip(page + rng.normal(0.0, 5.0, page.shape), 0, 255).astype(np.uint8)


def file_of(page: Images) -> bytes:
    return saved(Image.fromarray(page), "JPEG", quality=75)


@pytest.mark.parametrize("board", [False, True], ids=["dark ink on paper", "chalk on a board"])
@pytest.mark.parametrize("light", [even, slope, shadow, vignette])
def test_photographed_digits_are_recognised(trained: Classifier, mnist: Dataset, light: Light, board: bool) -> None:
    rng = np.random.default_rng(0)
    pages = [photo(image, light, rng) for image in mnist.test.images[:IMAGES]]
    digits = np.stack([image_file.read(file_of(255 - page if board else page))[0] for page in pages])
    right = trained.predict(digits).classes == mnist.test.labels[:IMAGES]
    assert right.mean() >= LEAST_ACCURACY


def test_the_client_is_told(mnist: Dataset) -> None:
    rng = np.random.default_rng(0)
    steps = {
        light: image_file.read(file_of(photo(mnist.test.images[0], light, rng)))[1].steps for light in (even, slope)
    }
    assert "light evened" in steps[slope]
    assert "light evened" not in steps[even]


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 3), (40, 40)])
def test_any_shape_has_an_answer(shape: tuple[int, int]) -> None:
    grey = np.linspace(0, 255, shape[0] * shape[1], dtype=np.float32).reshape(shape)
    ink, _ = illumination.ink_of(grey)
    assert ink.shape == shape
    assert np.isfinite(ink).all()
    assert 0.0 <= ink.min() <= ink.max() <= 255.0


def test_a_slope_of_light_alone_has_no_ink() -> None:
    slope_only = np.tile(np.linspace(60, 220, 100, dtype=np.float32), (80, 1))
    assert illumination.is_uneven(slope_only.ravel())
    assert illumination.ink_of(slope_only)[0].max() < 16.0
