"""Ink and paper that differ only in colour, and hidden or rare pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.errors import InvalidImage
from model import image_file, pixels
from tests.pictures import digit, saved

RED, GREEN, BLUE = (255, 0, 0), (0, 130, 0), (0, 0, 255)


def coloured(paper: tuple[int, ...], ink: tuple[int, ...]) -> Image.Image:
    share = np.asarray(digit(7, scale=8), np.float32)[..., None] / 255
    return Image.fromarray(np.rint(np.array(paper) + (np.array(ink) - np.array(paper)) * share).astype(np.uint8))


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "BMP", "TIFF", "JPEG"])
@pytest.mark.parametrize(
    ("paper", "ink", "channel"),
    [(GREEN, RED, "red"), (RED, GREEN, "red"), (BLUE, (120, 0, 0), "blue"), ((90, 170, 90), (255, 70, 255), "red")],
)
def test_ink_as_bright_as_its_paper_is_read_by_its_colour(
    paper: tuple[int, ...], ink: tuple[int, ...], channel: str, format_: str
) -> None:
    image, treatment = image_file.read(saved(coloured(paper, ink), format_))
    expected, _ = pixels.normalise(np.asarray(digit(7, scale=8), np.float32))
    channels = [step for step in treatment.steps if step.endswith(" channel")]
    assert len(channels) == 1
    assert channels == [f"{channel} channel"] or format_ == "JPEG"  # this format stores colours at half the size
    assert np.corrcoef(image.ravel(), expected.ravel())[0, 1] > (0.7 if format_ == "JPEG" else 0.95)


@pytest.mark.parametrize(("paper", "ink"), [((255, 255, 255), (220, 20, 30)), ((250, 240, 120), (30, 40, 160))])
def test_ink_that_is_darker_than_its_paper_is_read_by_its_luminance(
    paper: tuple[int, ...], ink: tuple[int, ...]
) -> None:
    assert "grey" in image_file.read(saved(coloured(paper, ink), "PNG"))[1].steps


@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
@pytest.mark.parametrize("shade", [(255, 255, 255), (40, 90, 200)])
def test_coloured_paper_without_ink_is_blank(shade: tuple[int, ...], format_: str) -> None:
    assert image_file.read(saved(coloured(shade, shade), format_))[1].steps == ("grey", "blank")


def test_an_image_that_is_all_transparent_is_read_by_its_colours() -> None:
    image = digit(7).convert("RGBA")
    image.putalpha(0)
    grey, treatment = image_file.read(saved(image, "PNG"))
    assert np.array_equal(grey, np.asarray(digit(7)))
    assert treatment.steps == ("grey", "opacity left out")


def test_a_tiff_file_of_a_rare_kind_is_refused_with_what_to_send() -> None:
    file = bytearray(saved(digit(7), "TIFF"))
    with Image.open(io.BytesIO(file)) as image:
        assert image.tag_v2[258] == (8,)  # type: ignore[attr-defined]
    place = file.index((258).to_bytes(2, "little"))
    file[place + 8 : place + 10] = (24).to_bytes(2, "little")
    with pytest.raises(InvalidImage, match="pixel format is not supported") as refused:
        image_file.read(bytes(file))
    assert "PNG" in refused.value.hint
