"""Image files of every format, depth and colour."""

import base64
import time

import numpy as np
import pytest
from PIL import Image

from inference.classifier import Classifier
from inference.errors import InvalidImage, TooLarge
from inference.images.image_file import has_magic
from inference.protocols.files import from_base64
from inference.treatment import Treatment
from model import image_file, pixels
from model.pixels import Images
from tests import pictures, recipe
from tests.messages import FILES
from tests.pictures import FORMATS, LOSSLESS, digit, saved
from training.data.dataset import Dataset

SEVEN = recipe.drawn(7)[0]


@pytest.mark.parametrize("format_", LOSSLESS)
def test_28x28_light_on_dark_passes_bit_for_bit(format_: str) -> None:
    image, treatment = image_file.read(saved(digit(7), format_))
    assert np.array_equal(image, SEVEN)
    assert (treatment.format, treatment.width, treatment.height) == (format_, 28, 28)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_of_any_size_is_read(format_: str) -> None:
    expected, _ = pixels.normalise(np.asarray(digit(3, scale=9), dtype=np.float32))
    image, treatment = image_file.read(saved(digit(3, scale=9), format_))
    assert nearly(image, expected)
    assert (treatment.format, treatment.width, treatment.height) == (format_, 252, 252)
    assert "centred" in treatment.steps


@pytest.mark.parametrize("format_", FORMATS)
def test_files_are_known_by_their_first_bytes(format_: str) -> None:
    assert has_magic(saved(digit(7), format_))


def test_tiff_of_either_byte_order_is_known() -> None:
    assert has_magic(b"MM\x00*\x00\x00\x00\x08")
    assert has_magic(b"II*\x00\x08\x00\x00\x00")


@pytest.mark.parametrize("body", [b"", b"BM", b"BM" + b"x" * 99, b"RIFF....WAVE", b"GIF90a", SEVEN.tobytes(), b'{"x'])
def test_other_bytes_are_not_taken_for_files(body: bytes) -> None:
    assert not has_magic(body)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_counts(format_: str) -> None:
    file = pictures.animation([digit(7), digit(1), digit(0)], format_)
    image, treatment = image_file.read(file)
    assert np.array_equal(image, SEVEN)
    assert treatment.steps[0] == "first frame"


def test_the_first_page_of_a_tiff_counts() -> None:
    image, _ = image_file.read(pictures.animation([digit(7), digit(1)], "TIFF"))
    assert np.array_equal(image, SEVEN)


def test_16_bit_png_keeps_its_8_upper_bits() -> None:
    image, treatment = image_file.read(pictures.png_16_bits(SEVEN.astype(np.uint16) * 257))
    assert np.array_equal(image, SEVEN)
    assert treatment.steps == ("16 bits to 8",)


@pytest.mark.parametrize("top", [1.0, 255.0])
def test_float_tiff_from_0_to_1_or_to_255(top: float) -> None:
    image, treatment = image_file.read(saved(Image.fromarray(np.float32(SEVEN) * np.float32(top / 255.0)), "TIFF"))
    assert np.array_equal(image, SEVEN)
    assert treatment.steps == ("floats to 8 bits",)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_float_tiff_with_a_pixel_that_is_no_number(value: float) -> None:
    values = SEVEN.astype(np.float32)
    values[3, 4] = value
    with pytest.raises(InvalidImage, match="not finite"):
        image_file.read(saved(Image.fromarray(values), "TIFF"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "PA", "YCbCr", "CMYK", "I"])
def test_every_mode_of_the_same_grey_gives_the_same_pixels(mode: str) -> None:
    picture = digit(7).convert("RGB").convert(mode) if mode in ("YCbCr", "CMYK") else digit(7).convert(mode)
    if mode == "I":
        picture = picture.point(lambda value: value * 257)
    file = saved(picture, "PNG" if mode in ("RGB", "RGBA", "LA", "P") else "TIFF")
    image, _ = image_file.read(file)
    assert np.abs(image.astype(int) - SEVEN).max() <= 1  # YCbCr rounds


def test_1_bit_images() -> None:
    ink = digit(7).point(lambda value: 255 * (value > 99)).convert("1")
    image, _ = image_file.read(saved(ink, "PNG"))
    assert np.array_equal(image, np.where(SEVEN > 99, 255, 0))


def test_cmyk_jpeg() -> None:
    image, treatment = image_file.read(saved(digit(3, scale=9).convert("RGB").convert("CMYK"), "JPEG"))
    assert nearly(image, image_file.read(saved(digit(3, scale=9), "PNG"))[0])
    assert treatment.steps[0] == "grey"


@pytest.mark.parametrize("ink", [0, 40, 215, 255])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("scale", [2, 8])
def test_ink_on_transparent_is_read_whatever_its_colour(mode: str, ink: int, scale: int) -> None:
    shape = digit(7, scale)
    picture = Image.new("LA", shape.size, (ink, 0))
    picture.putalpha(shape)
    image, treatment = image_file.read(saved(picture.convert(mode), "PNG"))
    assert nearly(image, image_file.read(saved(shape, "PNG"))[0], most=0.07)
    assert f"laid over {'white' if ink < 128 else 'black'}" in treatment.steps


@pytest.mark.parametrize("ink", [0, 255])
def test_a_palette_with_a_transparent_entry(ink: int) -> None:
    shape = digit(7, scale=2)
    picture = Image.fromarray((np.asarray(shape) > 99).astype(np.uint8)).convert("P")
    picture.putpalette([255 - ink] * 3 + [ink] * 3)
    file = saved(picture, "PNG", transparency=0)
    image, treatment = image_file.read(file)
    assert nearly(image, image_file.read(saved(shape.point(lambda value: 255 * (value > 99)), "PNG"))[0])
    assert f"laid over {'black' if ink else 'white'}" in treatment.steps


def test_a_palette_without_transparency() -> None:
    picture = digit(7).convert("RGB").quantize(256)
    assert picture.mode == "P"
    assert np.array_equal(image_file.read(saved(picture, "PNG"))[0], SEVEN)


def test_a_grey_png_that_names_one_transparent_shade() -> None:
    image, treatment = image_file.read(saved(digit(7), "PNG", transparency=0))
    assert np.array_equal(image, SEVEN)
    assert treatment.steps == ("grey", "laid over black")


def test_wholly_transparent_is_blank() -> None:
    image, treatment = image_file.read(saved(Image.new("RGBA", (60, 60), (9, 9, 9, 0)), "PNG"))
    assert not image.any()
    assert treatment.steps[-1] == "blank"


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "transpose"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
    ],
)
def test_photos_are_turned_upright(format_: str, orientation: int, transpose: Image.Transpose) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = digit(7, scale=5).transpose(transpose)  # stored by a camera that is held this way
    image, treatment = image_file.read(saved(photo, format_, exif=exif))
    assert nearly(image, image_file.read(saved(digit(7, scale=5), format_))[0])
    assert treatment.steps[0] == "turned upright"


def test_an_orientation_behind_the_pixels_of_a_png_counts() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    file = saved(digit(7, scale=5).rotate(180), "PNG")
    file = file[:-12] + pictures.chunk(b"eXIf", exif.tobytes()[6:]) + file[-12:]
    image, treatment = image_file.read(file)
    assert nearly(image, image_file.read(saved(digit(7, scale=5), "PNG"))[0])
    assert treatment.steps[0] == "turned upright"


@pytest.mark.parametrize("keep_rgb", [False, True])
@pytest.mark.parametrize("scale", [1, 9, 40])
def test_a_jpeg_in_colour_is_decoded_to_its_luminance(keep_rgb: bool, scale: int) -> None:
    red = digit(7, scale)
    green, blue = red.point(lambda value: value * 9 // 10), red.point(lambda value: value * 7 // 10)
    tinted = Image.merge("RGB", (red, green, blue))
    file = saved(tinted, "JPEG", quality=95, keep_rgb=keep_rgb)
    image, treatment = image_file.read(file)
    assert nearly(image, image_file.read(saved(tinted, "PNG"))[0], most=0.05)
    assert treatment.steps[0] == "grey"


@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_a_tiny_file_of_one_pixel(mode: str) -> None:
    image, treatment = image_file.read(saved(Image.new(mode, (1, 1), 200), "PNG"))
    assert not image.any()
    assert (treatment.width, treatment.height, treatment.steps[-1]) == (1, 1, "blank")


@pytest.mark.parametrize("size", [(1, 4000), (4000, 1)])
def test_extreme_aspects(size: tuple[int, int]) -> None:
    picture = Image.new("L", size, 255)
    picture.paste(0, (0, 0, max(1, size[0] // 2), max(1, size[1] // 2)))
    image, _ = image_file.read(saved(picture, "PNG"))
    assert image.any()


@pytest.mark.parametrize(("side", "word"), [(4097, "4097x4097"), (9000, "9000x9000"), (30_000, "more pixels")])
@pytest.mark.filterwarnings("default::PIL.Image.DecompressionBombWarning")
def test_a_header_that_claims_too_many_pixels_costs_nothing(side: int, word: str) -> None:
    file = pictures.png(side, side, 8, 0, rows=b"")
    started = time.process_time()
    with pytest.raises(TooLarge, match=word) as refused:
        image_file.read(file)
    assert time.process_time() - started < 0.5  # decoding would take seconds
    assert "16,777,216 pixels" in refused.value.hint


def test_the_largest_image_allowed_is_read() -> None:
    row = b"\0" + bytes(4096)
    image, treatment = image_file.read(pictures.png(4096, 4096, 8, 0, rows=row * 4096))
    assert not image.any()
    assert (treatment.width, treatment.height) == (4096, 4096)


def test_the_files_of_one_request_share_the_limit() -> None:
    page = saved(Image.new("L", (2048, 4096)), "PNG")
    images, treatments = FILES.read_all({"a": page, "b": page})
    assert (len(images), len(treatments)) == (2, 2)
    with pytest.raises(TooLarge, match=r"^c: .*28x28 pixels"):
        FILES.read_all({"a": page, "b": page, "c": saved(digit(7), "PNG")})


def test_several_files_keep_their_order() -> None:
    files = {str(number): saved(digit(number), format_) for number, format_ in zip((5, 0, 3), LOSSLESS, strict=False)}
    images, treatments = FILES.read_all(files)
    assert np.array_equal(images, recipe.drawn(5, 0, 3))
    assert [treatment.format for treatment in treatments] == ["PNG", "GIF", "BMP"]


def test_of_several_files_the_broken_one_is_named() -> None:
    good = base64.b64encode(saved(digit(7), "PNG")).decode()
    with pytest.raises(InvalidImage, match=r"^instances\[1\]: the file is not an image"):
        FILES.read_all({"instances[0]": good, "instances[1]": "aGVsbG8="})


def test_base64_gives_the_files_bytes() -> None:
    assert from_base64("aGVsbG8=") == b"hello"


@pytest.mark.parametrize(
    ("text", "word"), [(5, "int"), (None, "NoneType"), (["aGk="], "list"), ("a", "base64"), ("ä===", "base64")]
)
def test_what_is_not_base64_is_refused_by_name(text: object, word: str) -> None:
    with pytest.raises(InvalidImage, match=word):
        from_base64(text)


def test_a_file_of_the_models_size_is_normalised_as_its_raw_pixels_are() -> None:
    light = 255 - SEVEN
    image, treatment = image_file.read(saved(Image.fromarray(light), "PNG"))
    (expected,), (steps,) = pixels.standardise(light[None], [Treatment("PNG", 28, 28)])
    assert np.array_equal(image, expected)
    assert treatment == steps


def scanned(image: Images, random: np.random.Generator) -> Image.Image:
    """Return a scan of a digit: ten times larger, dark ink somewhere on a white page with a little grain."""
    height, width = 400, 460
    ink = Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC)
    page = np.full((height, width), 245, dtype=np.float32)
    top, left = random.integers(0, height - 280), random.integers(0, width - 280)
    page[top : top + 280, left : left + 280] -= np.asarray(ink, dtype=np.float32) * np.float32(225 / 255)
    page += random.normal(0.0, 4.0, size=page.shape).astype(np.float32)
    return Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))


def test_scanned_digits_are_recognised(mnist: Dataset, trained: Classifier) -> None:
    random = np.random.default_rng(0)
    kinds: list[tuple[str, dict[str, int]]] = [("PNG", {"compress_level": 1}), ("JPEG", {"quality": 75})]
    pages = [scanned(image, random) for image in mnist.test.images[:200]]
    files = [saved(page, format_, **options) for page, (format_, options) in zip(pages, kinds * 100, strict=True)]
    images = np.stack([image_file.read(file)[0] for file in files])
    accuracy = (trained.predict(images).classes == mnist.test.labels[:200]).mean()
    assert accuracy >= 0.985  # of 500: 99.6 % of the originals and 99.6 % of their scans are right


def nearly(actual: Images, expected: Images, most: float = 0.03) -> bool:
    """Return True if two images differ by at most this share of the ink."""
    return bool(np.abs(actual.astype(float) - expected).sum() <= most * expected.sum())


def test_a_phones_jpeg_with_a_preview_behind_it_is_a_jpeg() -> None:
    """Pillow names the format MPO, which clients and metrics do not use."""
    photo = pictures.digit(3, 10)
    phone = saved(photo, "MPO", save_all=True, append_images=[photo.resize((50, 50))])
    _, treatment = image_file.read(phone)
    assert (treatment.format, treatment.steps[0]) == ("JPEG", "first frame")
