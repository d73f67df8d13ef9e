"""Estimates of the decoding time of image files where Pillow decodes in Python."""

import pytest
from PIL import Image

from inference.images import image_cost


@pytest.mark.parametrize("compression", [1, 2])
def test_a_run_length_encoded_bitmap_costs_by_pixel_and_byte(compression: int) -> None:
    image = Image.new("P", (10, 10))
    image.info["compression"] = compression
    assert image_cost._bmp(image, bytes(1000), 100.0) == 200.0 * 100 + 450.0 * 1000


def test_a_plain_bitmap_costs_by_pixel_alone() -> None:
    image = Image.new("RGB", (10, 10))
    assert image_cost._bmp(image, bytes(1000), 200.0) == 2 * image_cost._bmp(image, b"", 100.0)
