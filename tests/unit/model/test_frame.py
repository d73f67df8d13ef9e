"""Frames around pages, as a scanner, a screenshot or a form leaves them."""

import numpy as np
import pytest

from inference.classifier import Classifier
from model import frame, pixels
from model.illumination import Grey
from tests import recipe
from training.data.dataset import Dataset

SIDES = ("t", "b", "l", "r")


def framed(page: Grey, width: int, shade: float, sides: str = "tblr") -> Grey:
    """Return a page (height, width) with a frame on some sides."""
    grey = page.copy()
    for side, rows in zip(SIDES, (grey, grey[::-1], grey.T, grey.T[::-1]), strict=True):
        if side in sides:
            rows[:width] = shade
    return grey


def page_of(image: Grey, scale: int, paper: float = 250.0, ink: float = 10.0) -> Grey:
    """Return dark ink on paper, enlarged by an integer factor."""
    share = np.kron(image / 255.0, np.ones((scale, scale)))
    return (paper + (ink - paper) * share).astype(np.float32)


SEVEN = recipe.drawn(7)[0].astype(np.float32)


@pytest.mark.parametrize("sides", ["tblr", "l", "t", "lt", "tb", "lr", "tlr"])
@pytest.mark.parametrize(("scale", "width"), [(1, 1), (2, 2), (8, 1), (8, 7)])
def test_a_frame_is_removed_and_the_page_stays(scale: int, width: int, sides: str) -> None:
    page = page_of(SEVEN, scale)
    inner = frame.without(framed(page, width, 0.0, sides))
    assert inner is not None
    height, breadth = (
        side - width * sum(name in sides for name in names)
        for side, names in zip(page.shape, ("tb", "lr"), strict=True)
    )
    assert inner.shape == (height, breadth)
    assert inner.max() == 250.0
    assert (inner < 100.0).sum() == (page < 100.0).sum()  # all ink is left, and no part of the frame


def test_a_box_around_the_digit_is_removed() -> None:
    page = page_of(SEVEN, 8)
    page[2:5, 2:-2] = page[-5:-2, 2:-2] = page[2:-2, 2:5] = page[2:-2, -5:-2] = 0.0
    inner = frame.without(page)
    assert inner is not None
    assert (inner[[0, -1]] > 200.0).all()
    assert (inner[:, [0, -1]] > 200.0).all()


def test_a_page_without_a_frame_is_left_alone(mnist: Dataset) -> None:
    for image in mnist.test.images[:200].astype(np.float32):
        assert frame.without(image) is None
        assert frame.without(page_of(image, 1)) is None
        assert frame.without(page_of(image, 4)) is None


def test_a_stroke_along_one_side_is_no_frame() -> None:
    """Examples are the bar of a 7 that fills its picture, and a 0 of straight strokes, thin or thick."""
    seven = np.full((80, 60), 250.0, dtype=np.float32)
    seven[:10, 4:] = seven[:, 46:56] = 0.0
    zero = np.full((100, 80), 250.0, dtype=np.float32)
    zero[15:85, 15:65] = 0.0
    zero[21:79, 21:59] = 250.0
    assert frame.without(seven) is None
    assert frame.without(zero) is None
    zero[15:85, 15:65] = 0.0
    zero[35:65, 30:50] = 250.0
    assert frame.without(zero) is None


@pytest.mark.parametrize("sides", ["tblr", "l", "t", "lt", "tlr"])
@pytest.mark.parametrize("kind", [(1, 2, 0.0), (8, 20, 0.0), (8, 20, 110.0)])  # scale, width, shade
def test_framed_digits_are_read(mnist: Dataset, trained: Classifier, kind: tuple[int, int, float], sides: str) -> None:
    scale, width, shade = kind
    images, labels = mnist.test.images[:40], mnist.test.labels[:40]
    pages = [framed(page_of(image.astype(np.float32), scale), width, shade, sides) for image in images]
    rows = np.concatenate([pixels.normalise(page)[0][None] for page in pages])
    assert (trained.predict(rows).classes == labels).mean() >= 0.9
