"""Image files of the attacks: they are what their names say."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from model import pixels
from resilience.attacks import images


@pytest.mark.parametrize(
    ("file", "format_", "mode", "side"),
    [
        (lambda: images.scans_jpeg(100), "JPEG", "L", images.SIDE),
        (lambda: images.strips_tiff(1000), "TIFF", "L", 28),
        (images.lossless_webp, "WEBP", "RGB", images.SIDE),
        (images.lossy_webp, "WEBP", "RGB", images.SIDE),
        (images.float_tiff, "TIFF", "F", images.SIDE),
        (images.zstd_tiff, "TIFF", "F", images.SIDE),
        (images.deep_tiff, "TIFF", "I;16", images.SIDE),
        (images.deep_png, "PNG", "I;16", images.SIDE),
        (images.one_bit_png, "PNG", "1", images.SIDE),
        (images.gif, "GIF", "P", images.SIDE),
        (lambda: images.runs_bmp(10), "BMP", "P", 28),
        (lambda: images.even_png(28), "PNG", "L", 28),
        (lambda: images.uneven_png(64), "PNG", "L", 64),
    ],
)
def test_headers(file: images.File, format_: str, mode: str, side: int) -> None:
    with Image.open(BytesIO(file())) as image:
        assert (image.format, image.mode, image.size) == (format_, mode, (side, side))


def test_a_webp_has_under_40_bytes() -> None:
    assert len(images.lossless_webp()) < 40


def test_scans_are_of_ten_bytes() -> None:
    assert len(images.scans_jpeg(101)) - len(images.scans_jpeg(100)) == 10


def test_uneven_images_must_be_evened() -> None:
    raw = np.frombuffer(images.uneven_raw(3), dtype=np.uint8).reshape(-1, 28, 28)
    assert not any(pixels.are_normal(image[None]) for image in raw)
    assert "light evened" in pixels.normalise(raw[0].astype(np.float32))[1]


def test_even_images_need_not_be_evened() -> None:
    with Image.open(BytesIO(images.even_png(28))) as image:
        assert "light evened" not in pixels.normalise(np.asarray(image).astype(np.float32))[1]
