"""Plain PNG files give what Pillow's reader gives; others are left to that."""

import time
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from inference.cost import free
from inference.errors import Overloaded
from inference.images import plain_png
from tests import bombs, pictures
from tests.pictures import digit, saved

SIZE = (28, 28)
PLAIN = saved(digit(7), "PNG")


def opened(file: bytes, mode: str) -> bytes:
    with Image.open(BytesIO(file)) as image:
        return image.convert(mode).tobytes()


@pytest.mark.parametrize(("mode", "shape"), [("L", (50, 40)), ("RGB", (50, 40, 3))])
@pytest.mark.parametrize("filters", range(5))
def test_pixels_are_pillows(mode: str, shape: tuple[int, ...], filters: int) -> None:
    noise = np.random.default_rng(filters).integers(0, 256, (shape[0], shape[1] * len(mode)), dtype=np.uint8)
    rows = b"".join(bytes([filters]) + row.tobytes() for row in noise)
    file = pictures.png(40, 50, 8, 0 if mode == "L" else 2, rows)
    pixels = plain_png.read(file, mode, (40, 50), free)
    assert pixels is not None
    assert (pixels.shape, pixels.dtype) == (shape, np.dtype(np.uint8))
    assert pixels.tobytes() == opened(file, mode)


def test_rows_that_are_missing_are_black_as_pillow_has_them() -> None:
    file = pictures.png(28, 28, 8, 0, (b"\0" + b"\x99" * 28) * 27)
    pixels = plain_png.read(file, "L", SIZE, free)
    assert pixels is not None
    assert pixels.tobytes() == opened(file, "L") == b"\x99" * 28 * 27 + bytes(28)


def test_what_may_follow_the_end_is_ignored() -> None:
    pixels = plain_png.read(PLAIN + b"more", "L", SIZE, free)
    assert pixels is not None
    assert pixels.tobytes() == digit(7).tobytes()


OTHERS = {
    "a JPEG": saved(digit(7), "JPEG"),
    "another size": saved(digit(7, scale=2), "PNG"),
    "another mode": saved(digit(7).convert("RGB"), "PNG"),
    "transparency": saved(digit(7), "PNG", transparency=0),
    "metadata": bombs.chunks_png(1, b"tEXt", b"key\0value"),
    "16 bits": pictures.png_16_bits(np.zeros((28, 28), dtype=np.uint16)),
    "a palette": saved(digit(7).convert("P"), "PNG"),
    "an animation": pictures.animation([digit(7), digit(1)], "PNG"),
    "a header without a checksum": PLAIN[:29] + b"\0\0\0\0" + PLAIN[33:],
    "half a header": PLAIN[:25],
    "half the pixels": PLAIN[:80],
    "an unknown filter": pictures.png(28, 28, 8, 0, (b"\5" + bytes(28)) * 28),
    "pixels that cannot be unpacked": PLAIN[:41] + b"\0" * 20 + PLAIN[61:],
    "no pixels": b"",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_left_to_pillows_reader(name: str) -> None:
    assert plain_png.read(OTHERS[name], "L", SIZE, free) is None


def test_an_interlaced_file_is_left_to_pillows_reader() -> None:
    header = PLAIN[12:28] + b"\1"
    file = PLAIN[:12] + header + zlib.crc32(header).to_bytes(4) + PLAIN[33:]
    assert plain_png.read(file, "L", SIZE, free) is None


def test_the_cost_is_charged_before_the_pixels_are_decoded() -> None:
    charged: list[float] = []
    plain_png.read(PLAIN, "L", SIZE, charged.append)
    assert 0.0 < sum(charged) < 100e-6

    def refuse(seconds: float) -> None:
        raise Overloaded(f"{seconds}", "later")

    with pytest.raises(Overloaded):
        plain_png.read(PLAIN, "L", SIZE, refuse)


def test_pixels_that_unpack_to_more_than_the_image_cost_no_more() -> None:
    bomb = pictures.png(28, 28, 8, 0, (b"\0" + bytes(28)) * 4_000_000)
    started = time.thread_time()
    plain_png.read(bomb, "L", SIZE, free)
    assert time.thread_time() - started < 0.05
