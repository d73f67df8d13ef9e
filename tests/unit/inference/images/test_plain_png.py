"""Plain PNG files: our reader gives the pixels of Pillow's reader, and leaves other files to Pillow."""

import time
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image

from inference.cost import free
from inference.errors import Overloaded
from inference.images import plain_png
from tests import bombs, pictures
from tests.pictures import chunk, digit, saved

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


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_as_many_pixels_as_may_be(mode: str) -> None:
    shape = (256, 256) if mode == "L" else (256, 256, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    file = saved(Image.fromarray(noise), "PNG")
    pixels = plain_png.read(file, mode, (256, 256), free)
    assert pixels is not None
    np.testing.assert_array_equal(pixels, noise)


def pieces(length: int) -> bytes:
    """Return the same file with its pixels in chunks of at most this many bytes, as OpenCV and libpng write them."""
    content = PLAIN[41 : 41 + int.from_bytes(PLAIN[33:37])]
    parts = [content[start : start + length] for start in range(0, len(content), length)]
    return PLAIN[:33] + b"".join(chunk(b"IDAT", part) for part in parts) + chunk(b"IEND", b"")


GAMMA = chunk(b"gAMA", (45455).to_bytes(4))
METADATA = {
    "gamma": GAMMA,
    "resolution": chunk(b"pHYs", bytes(9)),
    "colour": chunk(b"sRGB", b"\0") + chunk(b"cHRM", bytes(32)) + chunk(b"sBIT", b"\x08"),
    "background and time": chunk(b"bKGD", bytes(2)) + chunk(b"tIME", bytes(7)),
    "a text": chunk(b"tEXt", b"Software\0Matplotlib version 3"),
    "a compressed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a page")),
}


@pytest.mark.parametrize("name", METADATA)
@pytest.mark.parametrize("at", [33, -12], ids=["before the pixels", "after them"])
def test_metadata_that_change_no_pixel_are_ignored(name: str, at: int) -> None:
    file = PLAIN[:at] + METADATA[name] + PLAIN[at:]
    pixels = plain_png.read(file, "L", SIZE, free)
    assert pixels is not None
    assert pixels.tobytes() == opened(file, "L")


def test_pixels_in_several_chunks() -> None:
    pixels = plain_png.read(pieces(20), "L", SIZE, free)
    assert pixels is not None
    assert pixels.tobytes() == digit(7).tobytes()


def test_what_may_follow_the_end_is_ignored() -> None:
    pixels = plain_png.read(PLAIN + b"more", "L", SIZE, free)
    assert pixels is not None
    assert pixels.tobytes() == digit(7).tobytes()


ROTATED = Image.Exif()
ROTATED[ExifTags.Base.Orientation] = 6

OTHERS = {
    "a JPEG": saved(digit(7), "JPEG"),
    "another size": saved(digit(7, scale=2), "PNG"),
    "another mode": saved(digit(7).convert("RGB"), "PNG"),
    "transparency": saved(digit(7), "PNG", transparency=0),
    "much metadata": bombs.chunks_png(64, b"tEXt", b"key\0value"),
    "long metadata": PLAIN[:33] + chunk(b"tEXt", b"key\0" + bytes(5000)) + PLAIN[33:],
    "damaged metadata": PLAIN[:33] + GAMMA[:-1] + PLAIN[33:],
    "metadata with a wrong checksum": PLAIN[:33] + GAMMA[:-1] + b"!" + PLAIN[33:],
    "an orientation": saved(digit(7), "PNG", exif=ROTATED),
    "an orientation as text": PLAIN[:33] + chunk(b"tEXt", b"Raw profile type exif\0exif") + PLAIN[33:],
    "a colour profile": PLAIN[:33] + chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(b"profile")) + PLAIN[33:],
    "more than a thousand chunks of pixels": PLAIN[:33] + chunk(b"IDAT", b"") * 1000 + PLAIN[33:],
    "pixels on both sides of metadata": pieces(20)[:65] + GAMMA + pieces(20)[65:],
    "a row too few": pictures.png(28, 28, 8, 0, (b"\0" + b"\x99" * 28) * 27),
    "a row too many": pictures.png(28, 28, 8, 0, (b"\0" + b"\x99" * 28) * 29),
    "a wrong checksum of the pixels": PLAIN[:-20] + b"\0\0\0\0" + PLAIN[-16:],
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
