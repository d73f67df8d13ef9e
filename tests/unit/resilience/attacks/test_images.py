"""Image files of the attacks: their content matches their names."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from model import pixels
from resilience.attacks import catalogue, images
from resilience.attacks.attack import ClientAttack

SIDES = {"tiff-strips": 28, "bmp-runs": 28, "bmp-runs-small": 28, "webp-megapixel": 1000, "tiff-megapixel": 1000}
ATTACKS = [attack for attack in catalogue.attacks() if attack.kind == "image"]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_headers(attack: ClientAttack) -> None:
    with Image.open(BytesIO(attack.make().body)) as image:
        side = SIDES.get(attack.name, images.SIDE)
        assert (image.format, image.size) == (attack.name.partition("-")[0].upper(), (side, side))


@pytest.mark.parametrize(("file", "side"), [(images.even_png(28), 28), (images.uneven_png(64), 64)])
def test_drawn_images(file: bytes, side: int) -> None:
    with Image.open(BytesIO(file)) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "L", (side, side))


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
