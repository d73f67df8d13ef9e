"""Costly image files: refused before their pixels are decoded. Honest files are accepted."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageFile, WebPImagePlugin

from inference.errors import InvalidImage, Overloaded, ServiceError, TooLarge
from model import image_file
from tests import bombs
from tests.messages import FILES
from tests.pictures import FORMATS, digit, saved

MANY = 200_000

# name -> (file, parts of the message: the value and the limit)
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "scans": (lambda: bombs.scans_jpeg(101, side=64), "101 scans, more than 100"),
    "scans of a large JPEG": (lambda: bombs.scans_jpeg(90, mode="RGB"), r"4096x4096 pixels .* with 100 scans"),
    "JPEG segments": (lambda: bombs.segments_jpeg(bombs.segment(0xFE, b"") * MANY), "1,001 segments, more than 1,000"),
    "JPEG padding": (lambda: bombs.segments_jpeg(b"\xff" * MANY), "bytes between its segments, more than 4,096"),
    "JPEG without an end": (lambda: b"\xff\xd8\xff\xe0\0\2" + bytes(MANY), "200,000 bytes between its segments"),
    "JPEG tables": (
        lambda: bombs.segments_jpeg(bombs.segment(0xDB, (b"\0" + b"\1" * 64) * 500)),
        "32,504 bytes of quantisation tables, more than 16,384",
    ),
    "Photoshop resources": (
        lambda: bombs.segments_jpeg(bombs.segment(0xED, b"Photoshop 3.0\0" + b"8BIM\0\1\0\0\0\0\0\0" * 5400)),
        "5,400 Photoshop resources, more than 5,000",
    ),
    "JPEG EXIF": (lambda: bombs.exif_jpeg(60_000), "bytes of EXIF data, more than 262,144"),
    "PNG EXIF": (lambda: bombs.chunks_png(1, b"eXIf", bombs.exif(60_000)), "EXIF data, more than 262,144"),
    "WebP EXIF": (lambda: saved(digit(7), "WEBP", exif=bombs.exif(60_000)), "EXIF data, more than 262,144"),
    "PNG text": (lambda: bombs.chunks_png(MANY), "501 chunks of metadata, more than 500"),
    "PNG chunks": (lambda: bombs.chunks_png(MANY, b"IDAT"), "10,001 chunks of image data, more than 10,000"),
    "PNG profiles": (lambda: bombs.profiles_png(17), "17 chunks of compressed metadata, more than 16"),
    "GIF blocks": (lambda: bombs.blocks_gif(MANY), "65,537 blocks, more than 65,536"),
    "GIF whose side is the byte that ends a GIF": (lambda: bombs.blocks_gif(MANY, ord(";")), "65,537 blocks"),
    "BMP runs": (bombs.runs_bmp, "4096x4096 pixels of a BMP file"),
    "WebP of one colour": (bombs.flat_webp, "4096x4096 pixels of a WEBP file"),
    "float TIFF": (lambda: bombs.float_tiff(compression="zstd"), "4096x4096 pixels of a TIFF file of mode F"),
    "16-bit TIFF": (bombs.deep_tiff, "4096x4096 pixels of a TIFF file of mode I;16"),
    "strips": (lambda: bombs.strips_tiff(MANY), r"400,00\d strips, .*, more than 30,000"),
    "tiles": (lambda: bombs.tiles_tiff(MANY), r"400,00\d strips, tiles .*, more than 30,000"),
    "a large tile": (lambda: bombs.large_tile_tiff(8192), "28x28 pixels of a TIFF file"),
    "entries": (lambda: bombs.entries_tiff(5_000), r"5,00\d entries in one directory, more than 512"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_before_a_pixel_is_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    build, words = REFUSED[name]
    file = build()
    for kind in (Image.Image, ImageFile.ImageFile, WebPImagePlugin.WebPImageFile):
        monkeypatch.setattr(kind, "load", _decoded)
    with pytest.raises(TooLarge, match=words) as refused:
        image_file.read(file)
    assert refused.value.hint


def test_as_many_pixels_as_the_hint_says_are_read() -> None:
    with pytest.raises(TooLarge) as refused:
        image_file.read(bombs.float_tiff(4096))
    most = int("".join(filter(str.isdigit, refused.value.hint.partition(" pixels")[0])))
    image_file.read(bombs.float_tiff(math.isqrt(most * 8 // 10)))
    with pytest.raises(TooLarge):
        image_file.read(bombs.float_tiff(math.isqrt(most * 12 // 10)))


def _decoded(image: Image.Image) -> None:
    raise AssertionError(f"{image} was decoded")


# Honest files near a limit.
READ: dict[str, Callable[[], bytes]] = {
    "a progressive JPEG of three times the usual scans": lambda: bombs.scans_jpeg(20, side=512, mode="RGB"),
    "a JPEG with a large profile": lambda: bombs.segments_jpeg(
        *(bombs.segment(0xE2, b"ICC_PROFILE\0" + bytes((n, 40)) + bytes(60_000)) for n in range(1, 41))
    ),
    "a JPEG whose metadata looks like scans": lambda: bombs.segments_jpeg(bombs.segment(0xE1, b"\xff\xda" * 30_000)),
    "a JPEG with a thumbnail": lambda: bombs.segments_jpeg(bombs.segment(0xE1, saved(digit(1), "JPEG"))),
    "a JPEG with a film after it": lambda: saved(digit(7), "JPEG") + b"\xff\xda" * 1_000,
    "a JPEG with camera data": lambda: bombs.exif_jpeg(500),
    "a PNG with texts": lambda: bombs.chunks_png(100, b"tEXt", b"key\0value"),
    "a TIFF with a row in each strip": lambda: _rows_in_strips(3508),
    "a GIF of many frames": lambda: bombs.gif(100),
    "a small run-length encoded BMP": lambda: bombs.runs_bmp(256),
    "a page of 300 dpi as 1-bit TIFF": lambda: saved(Image.new("1", (2480, 3508)), "TIFF", compression="group4"),
    "a page of 300 dpi as PNG": lambda: saved(Image.new("L", (2480, 3508), 255), "PNG"),
    "a photo of 12 megapixels as PNG": lambda: saved(Image.new("RGB", (4032, 3024)), "PNG", compress_level=1),
    "a photo of 12 megapixels as JPEG": lambda: saved(Image.new("RGB", (4032, 3024)), "JPEG", progressive=True),
    "a photo of 4 megapixels as WebP": lambda: bombs.flat_webp(2000),
    "a scan of 16 bits": lambda: bombs.deep_png(2048),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_honest_is_read(name: str) -> None:
    assert image_file.read(READ[name]())[0].shape == (28, 28)


def _rows_in_strips(height: int) -> bytes:
    return saved(Image.new("L", (40, height)), "TIFF", tiffinfo={278: 1}, compression="packbits")


def test_big_tiff_is_refused_by_name() -> None:
    with pytest.raises(InvalidImage, match="BigTIFF"):
        image_file.read(saved(digit(7), "TIFF", big_tiff=True))


def test_arithmetic_coding_is_refused_by_name() -> None:
    file = saved(digit(7), "JPEG").replace(b"\xff\xc0", b"\xff\xc9", 1)
    with pytest.raises(InvalidImage, match="arithmetic"):
        image_file.read(file)


@pytest.mark.parametrize("format_", FORMATS)
def test_the_cost_is_charged_before_the_pixels_are_decoded(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = saved(digit(3, scale=9), format_)
    for kind in (Image.Image, ImageFile.ImageFile, WebPImagePlugin.WebPImageFile):
        monkeypatch.setattr(kind, "load", _decoded)
    error = Overloaded("no time left", "try again later")

    def refuse(seconds: float) -> None:
        assert seconds > 0.0
        raise error

    with pytest.raises(Overloaded) as refused:
        image_file.read(file, charge=refuse)
    assert refused.value is error


def test_of_several_files_each_is_charged() -> None:
    charged: list[float] = []
    page = saved(digit(3, scale=9), "PNG")
    FILES.read_all({"a": page, "b": page}, charged.append)
    assert charged[: len(charged) // 2] == charged[len(charged) // 2 :]


def test_a_refused_charge_of_one_of_several_files_is_passed_on_as_it_is() -> None:
    error = Overloaded("no time left", "try again later")

    def refuse(seconds: float) -> None:
        raise error

    with pytest.raises(Overloaded) as refused:
        FILES.read_all({"a": saved(digit(7), "PNG")}, refuse)
    assert refused.value is error


def estimate(file: bytes) -> float:
    """Return the seconds that the decoding of a file is charged with."""

    def stop(seconds: float) -> None:
        raise Overloaded(str(seconds), "")

    with pytest.raises(ServiceError) as charged:
        image_file.read(file, charge=stop)
    assert type(charged.value) is Overloaded
    return float(charged.value.message)


@pytest.mark.parametrize("format_", FORMATS)
def test_more_pixels_cost_more(format_: str) -> None:
    costs = [estimate(saved(Image.new("L", (side, side)), format_)) for side in (28, 280, 1400)]
    assert costs == sorted(costs)
    assert costs[-1] > 2 * costs[0]


def test_estimates_are_in_the_order_of_the_formats() -> None:
    page = Image.new("RGB", (1500, 1500), (9, 9, 9))
    jpeg, png, webp = (estimate(saved(page, format_)) for format_ in ("JPEG", "PNG", "WEBP"))
    assert jpeg < png < webp
    assert estimate(saved(page.convert("L"), "PNG")) < png < estimate(saved(page.convert("RGBA"), "PNG"))
    assert jpeg < estimate(saved(page, "JPEG", progressive=True)) < estimate(bombs.scans_jpeg(50, 1500, "RGB"))


def test_incompressible_pixels_cost_more() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (500, 500), dtype=np.uint8))
    for options in ({"format_": "PNG"}, {"format_": "TIFF", "compression": "lzma"}, {"format_": "JPEG"}):
        assert estimate(saved(noise, **options)) > estimate(saved(Image.new("L", (500, 500)), **options))


def test_a_small_file_costs_little() -> None:
    assert estimate(saved(digit(7), "PNG")) < 0.5 / 4096


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_large_deep_images_are_read_like_those_of_8_bits(mode: str) -> None:
    page = digit(3, scale=50)
    values = np.asarray(page)
    deep = {"I;16": np.uint16(257) * values, "I": np.int32(257) * values, "F": np.float32(1) * values}[mode]
    image, _ = image_file.read(saved(Image.fromarray(np.asarray(deep)), "TIFF"))
    expected, _ = image_file.read(saved(page, "PNG"))
    assert np.abs(image.astype(int) - expected).max() <= 1


def test_a_large_float_image_with_one_pixel_that_is_no_number() -> None:
    values = np.zeros((1000, 1000), dtype=np.float32)
    values[700, 3] = np.nan
    with pytest.raises(InvalidImage, match="not finite"):
        image_file.read(saved(Image.fromarray(values), "TIFF"))


def test_a_png_with_an_orientation_is_turned() -> None:
    photo = digit(7, scale=5).transpose(Image.Transpose.ROTATE_90)
    orientation = Image.Exif()
    orientation[0x0112] = 6
    assert image_file.read(saved(photo, "PNG", exif=orientation))[1].steps[0] == "turned upright"
