"""Raw numbers that are wider than a byte."""

import numpy as np
import numpy.typing as npt
import pytest

from inference import wide_numbers
from inference.errors import InvalidNumbers, InvalidPixels
from inference.http_message import Message
from inference.protocols.raw import RawReader
from inference.spec import InputSpec
from model import SPEC
from tests import recipe
from tests.messages import RAW, decode
from tests.pictures import digit
from training.data.dataset import Dataset

SEVEN = recipe.drawn(7)[0]
UNIT = SEVEN / 255
READER = RawReader(InputSpec("row", (4,)))


def read(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8).reshape(-1, 28, 28)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("array", "code", "kind"),
    [
        (UNIT, "f2", "16-bit floats"),
        (UNIT, "f4", "32-bit floats"),
        (UNIT, "f8", "64-bit floats"),
        (SEVEN, "f4", "32-bit floats"),
        (SEVEN, "f8", "64-bit floats"),
        ((UNIT - 0.1307) / 0.3081, "f2", "16-bit floats"),
        ((UNIT - 0.1307) / 0.3081, "f4", "32-bit floats"),
        (UNIT * 2 - 1, "f2", "16-bit floats"),
        (1 - UNIT, "f4", "32-bit floats"),
        (SEVEN, "u2", "16-bit whole numbers"),
        (UNIT * 1023, "u2", "16-bit whole numbers"),
        (UNIT * 4095, "u2", "16-bit whole numbers"),
        (UNIT * 65535, "u2", "16-bit whole numbers"),
        (SEVEN, "i4", "32-bit whole numbers"),
        (SEVEN, "i8", "64-bit whole numbers"),
    ],
)
def test_wider_numbers_are_refused_by_their_kind(
    array: npt.NDArray[np.float64], code: str, kind: str, order: str
) -> None:
    data = array.astype(f"{order}{code}").tobytes()
    assert wide_numbers.kind(read(data)) == kind
    with pytest.raises(InvalidPixels, match=f"{len(data)} bytes look like {kind}") as refused:
        decode(Message(data, RAW)).normalised(SPEC.preprocessing)
    assert "astype('uint8')" in refused.value.hint


@pytest.mark.parametrize("scale", [1, 255])
def test_brain_floats_are_refused_by_their_kind(scale: int) -> None:
    upper_halves = (UNIT * scale).astype("<f4").view("<u4") >> 16
    assert wide_numbers.kind(read(upper_halves.astype("<u2").tobytes())) == "16-bit floats (BF16)"


@pytest.mark.parametrize("times", [2, 3, 5, 10])
@pytest.mark.parametrize("paper", [0, 255])
def test_one_large_picture_is_no_example_beside_another(paper: int, times: int) -> None:
    picture = abs(paper - np.asarray(digit(7, times), np.int16)).astype(np.uint8)
    name = f"one picture of {28 * times}x{28 * times} pixels"
    assert wide_numbers.kind(read(picture.tobytes())) == name
    with pytest.raises(InvalidPixels, match=name) as refused:
        decode(Message(picture.tobytes(), RAW)).normalised(SPEC.preprocessing)
    assert "as image files" in refused.value.hint


def test_three_images_of_floats_are_refused_as_one_is() -> None:
    three = np.stack([UNIT, 1 - UNIT, UNIT]).astype("<f4")
    assert wide_numbers.kind(read(three.tobytes())) == "32-bit floats"


@pytest.mark.parametrize(
    ("colours", "kind"), [([SEVEN] * 3, "RGB pixels"), ([SEVEN] * 3 + [SEVEN * 0 + 255], "RGBA pixels")]
)
def test_several_colours_a_pixel_are_refused(colours: list[npt.NDArray[np.uint8]], kind: str) -> None:
    assert wide_numbers.kind(read(np.dstack(colours).tobytes())) == kind


@pytest.mark.parametrize("count", [2, 3, 4, 8, 9, 24])
@pytest.mark.parametrize(("page", "ink"), [(0, 255), (255, 0), (115, 25), (60, 10), (0, 60), (128, 100), (62, 40)])
def test_images_are_none_of_these(mnist: Dataset, count: int, page: int, ink: int) -> None:
    """Images are not taken for wide numbers: as they are, inverted, and as grey photos of a page."""
    for first in range(0, 240, count):
        share = mnist.test.images[first : first + count] / 255
        assert wide_numbers.kind(np.rint(page + (ink - page) * share).astype(np.uint8)) is None


@pytest.mark.parametrize("count", [2, 4, 16])
def test_pictures_that_were_magnified_are_none_of_these(mnist: Dataset, count: int) -> None:
    for first in range(0, 160, count):
        half = mnist.test.images[first : first + count, ::2, ::2]
        assert wide_numbers.kind(half.repeat(2, axis=1).repeat(2, axis=2)) is None


@pytest.mark.parametrize("grey", [0, 1, 63, 64, 128, 255])
def test_images_of_one_shade_are_none_of_these(grey: int) -> None:
    assert wide_numbers.kind(np.full((24, 28, 28), grey, np.uint8)) is None


TABLE = np.array([[5.1, 3.5, 1.4, 0.2], [6.2, 2.9, 4.3, 1.3]])


@pytest.mark.parametrize(
    ("dtype", "kind"), [("<f8", "64-bit floats"), ("<i4", "whole numbers"), ("<i8", "whole numbers")]
)
@pytest.mark.parametrize("count", [1, 2])
def test_a_table_of_another_dtype_is_not_read_as_more_rows(dtype: str, kind: str, count: int) -> None:
    body = TABLE[:count].astype(dtype).tobytes()
    with pytest.raises(InvalidNumbers, match=f"the numbers look like {kind}, not like 32-bit floats") as refused:
        READER.decode(body)
    assert "astype('<f4')" in refused.value.hint


@pytest.mark.parametrize(
    "rows",
    [
        TABLE,
        np.zeros((2, 4)),
        [[0, 1, 0, 0], [1, 0, 0, 0]],
        [[2e6, 4.5, 1e-9, 3.9], [3e6, 2.5, 2e-9, 4.1]],
        [[1.4e-45, 0.5, 0, 0], [0, 0, 0, 0]],
    ],
    ids=["measurements", "zeros", "one-hot", "magnitudes", "subnormal"],
)
def test_usual_tables_are_read(rows: npt.NDArray[np.float64]) -> None:
    array = np.array(rows, "<f4")
    assert np.array_equal(READER.decode(array.tobytes()).rows, array)
