"""Pictures of 28x28 pixels and framed pages that are not like MNIST: each is read, with a report of the changes."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from inference.classifier import Classifier
from inference.errors import InvalidImage
from model import image_file, likeness, pixels
from tests.pictures import saved
from training.data.dataset import Dataset

Picture = npt.NDArray[np.uint8]
_COUNT = 40


def _photo(page: int, ink: int) -> Callable[[Picture], Picture]:
    return lambda image: np.rint(page + (ink - page) * (image / 255.0)).astype(np.uint8)


def _resized(side: int, corner: int | None = None) -> Callable[[Picture], Picture]:
    """Resize the longer side of the digit to ``side``, in the middle of the field or in its corner."""

    def change(image: Picture) -> Picture:
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        digit = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        scale = side / max(digit.size)
        small = np.asarray(digit.resize((max(1, round(digit.width * scale)), max(1, round(digit.height * scale)))))
        field = np.zeros((28, 28), np.uint8)
        top, left = ((28 - length) // 2 if corner is None else corner for length in small.shape)
        field[top : top + small.shape[0], left : left + small.shape[1]] = small
        return field

    return change


def _scaled(image: Picture, factor: int) -> Picture:
    side = 28 * factor
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def _framed(width: int, shade: int, factor: int = 10) -> Callable[[Picture], Picture]:
    def change(image: Picture) -> Picture:
        page = 255 - _scaled(image, factor)
        page[:width] = page[-width:] = shade
        page[:, :width] = page[:, -width:] = shade
        return page

    return change


def _half_transparent(image: Picture) -> Image.Image:
    return Image.merge("LA", (Image.fromarray(image), Image.new("L", (28, 28), 60)))


CHANGES: dict[str, Callable[[Picture], Picture | Image.Image]] = {
    "a photo with dark ink": _photo(115, 25),
    "a photo with light ink": _photo(60, 130),
    "a photo of little contrast": _photo(100, 70),
    "in a corner": _resized(20, corner=1),
    "small": _resized(12),
    "filling the field": _resized(28),
    "half as light": lambda image: np.rint(image * 0.5).astype(np.uint8),
    "a fifth as light": lambda image: np.rint(image * 0.2).astype(np.uint8),
    "a black frame": _framed(3, 0),
    "a wide frame": _framed(12, 20),
    "a frame of one pixel": _framed(1, 0, factor=1),
    "a white frame around black": lambda image: 255 - _framed(5, 0)(image),
    "0 and 1": lambda image: (image > 127).astype(np.uint8),
    "0 and 1, large": lambda image: (_scaled(image, 10) > 127).astype(np.uint8),
    "0 and 1 in 16 bits": lambda image: Image.fromarray((image > 127).astype(np.uint16)),
    "0 to 255 in 16 bits": lambda image: Image.fromarray(image.astype(np.uint16)),
    "12 bits in 16": lambda image: Image.fromarray(image.astype(np.uint16) * 16),
    "0 to 255 in 32 bits": lambda image: Image.fromarray(image.astype(np.int32)),
    "floats a little over 1": lambda image: Image.fromarray((image / 250.0).astype(np.float32)),
    "one opacity": _half_transparent,
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_read_and_reported(name: str, mnist: Dataset, trained: Classifier) -> None:
    change = CHANGES[name]
    rows, steps = [], []
    for image in mnist.test.images[:_COUNT]:
        changed = change(image)
        picture = changed if isinstance(changed, Image.Image) else Image.fromarray(changed)
        row, treatment = image_file.read(saved(picture, "TIFF"))
        rows.append(row)
        steps.append(treatment.steps)
    right = trained.predict(np.stack(rows)).classes == mnist.test.labels[:_COUNT]
    assert right.sum() >= 0.9 * _COUNT
    assert all(steps)


@pytest.mark.parametrize("mean", [0.1307, 0.5])
def test_standardised_floats_are_refused(mean: float, mnist: Dataset) -> None:
    values = ((mnist.test.images[0] / 255.0 - mean) / 0.3081).astype(np.float32)
    with pytest.raises(InvalidImage, match="the image has pixels from"):
        image_file.read(saved(Image.fromarray(values), "TIFF"))


def test_one_image_is_judged_as_many_are(mnist: Dataset) -> None:
    changed = [_photo(115, 25), _resized(20, corner=1), _resized(12), _resized(28), _framed(1, 0, factor=1)]
    images = np.stack([*(change(mnist.test.images[0]) for change in changed), *mnist.test.images[:5]])
    together = likeness.look_like_mnist(images)
    assert together.tolist() == [False] * 5 + [True] * 5
    assert [likeness.all_look_like_mnist(image[None]) for image in images] == together.tolist()


def test_a_black_image_passes() -> None:
    assert pixels.are_normal(np.zeros((1, 28, 28), dtype=np.uint8))
