"""Damaged image files: each is read or refused, without other effects."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.errors import InvalidImage, ServiceError, TooLarge
from model import image_file
from tests import pictures, recipe
from tests.pictures import FORMATS, digit, saved

SEVEN = recipe.drawn(7)[0]


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files_are_refused(format_: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, size=(90, 90), dtype=np.uint8)
    file = saved(Image.fromarray(noise), format_)
    with pytest.raises(InvalidImage) as refused:
        image_file.read(file[: int(share * len(file))])
    assert "PNG, JPEG, GIF, BMP, WebP or TIFF" in refused.value.hint


def with_wrong_checksum(chunk: bytes) -> bytes:
    file = bytearray(saved(digit(7), "PNG"))
    start = file.index(chunk)
    end = start + 4 + int.from_bytes(file[start - 4 : start])
    file[end] ^= 0xFF
    return bytes(file)


def test_a_png_whose_header_has_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(InvalidImage):
        image_file.read(with_wrong_checksum(b"IHDR"))


def test_a_png_whose_pixels_have_a_wrong_checksum_is_held_to_zlibs_own() -> None:
    assert np.array_equal(image_file.read(with_wrong_checksum(b"IDAT"))[0], SEVEN)
    file = bytearray(with_wrong_checksum(b"IDAT"))
    file[file.index(b"IDAT") + 20] ^= 0xFF
    with pytest.raises(InvalidImage):
        image_file.read(bytes(file))


@pytest.mark.parametrize(
    "magic", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"II*\x00", b"RIFF\0\1\0\0WEBP"]
)
def test_random_bytes_after_a_magic_number(magic: bytes) -> None:
    noise = np.random.default_rng(0).bytes(4000)
    with pytest.raises(InvalidImage) as refused:
        image_file.read(magic + noise)
    assert " at 0x" not in refused.value.message  # Pillow's own message contains an address


MUTABLE = {
    "PNG": saved(digit(3, scale=2), "PNG"),
    "PNG palette": saved(digit(3, scale=2).convert("RGB").quantize(8), "PNG", transparency=0),
    "APNG": pictures.animation([digit(7), digit(1)], "PNG"),
    "JPEG": saved(digit(3, scale=2), "JPEG"),
    "JPEG CMYK": saved(digit(3, scale=2).convert("RGB").convert("CMYK"), "JPEG"),
    "GIF": pictures.animation([digit(7), digit(1)], "GIF"),
    "BMP": saved(digit(7), "BMP"),
    "WEBP": saved(digit(3, scale=2), "WEBP"),
    "WEBP animation": pictures.animation([digit(7), digit(1)], "WEBP"),
    "TIFF": saved(digit(7), "TIFF"),
    "TIFF deflated": saved(digit(7), "TIFF", compression="tiff_adobe_deflate"),
}


POSITIONS = st.integers(0, 2**16)


MUTATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("flip"), POSITIONS, st.integers(1, 255)),
        st.tuples(st.just("cut"), POSITIONS, st.integers(1, 64)),
        st.tuples(st.just("insert"), POSITIONS, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("end"), POSITIONS, st.none()),
    ),
    min_size=1,
    max_size=8,
)


def mutated(file: bytes, mutations: list[tuple[str, int, int | bytes | None]]) -> bytes:
    changed = bytearray(file)
    for kind, position, value in mutations:
        place = position % max(1, len(changed))
        if kind == "flip" and changed:
            changed[place] ^= int(value)  # type: ignore[arg-type]
        elif kind == "cut":
            del changed[place : place + int(value)]  # type: ignore[arg-type]
        elif kind == "insert":
            changed[place:place] = value  # type: ignore[assignment]
        elif kind == "end":
            del changed[place:]
    return bytes(changed)


@pytest.mark.filterwarnings("ignore")  # as in a worker: Pillow warns of broken metadata and continues
@pytest.mark.parametrize("name", MUTABLE)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutations=MUTATIONS)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    name: str, mutations: list[tuple[str, int, int | bytes | None]]
) -> None:
    file = mutated(MUTABLE[name], mutations)
    try:
        image, treatment = image_file.read(file)
    except (InvalidImage, TooLarge) as error:
        _assert_explained(error)
    else:
        assert (image.shape, image.dtype) == ((28, 28), np.dtype(np.uint8))
        with Image.open(BytesIO(file)) as opened:
            assert (treatment.format, (treatment.width, treatment.height)) == (opened.format, opened.size)


def _assert_explained(error: ServiceError) -> None:
    assert error.message
    assert error.hint
