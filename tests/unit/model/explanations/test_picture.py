"""The picture of an explanation: its size, its colours, and their positions."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.explanations.explained import Explanations
from inference.explanations.explanation import Explanation
from inference.explanations.query import Query
from inference.explanations.reading import Reading
from inference.http_message import Identity
from inference.protocols import Request
from inference.treatment import Treatment
from model import SPEC
from model.explanations import METHODS
from model.explanations.picture import SCALE, draw
from tests import messages, recipe

WIDTH, HEIGHT = 580, 700
READING = Reading(7, 0.98, 2, 0.01)


def drawn(attributions: np.ndarray, image: np.ndarray | None = None, reading: Reading = READING) -> np.ndarray:
    """Return a picture as RGB, int (height, width, 3)."""
    background = np.zeros((28, 28), dtype=np.uint8) if image is None else image
    explanation = Explanation(attributions.astype(np.float32), 1.0, 0.0)
    content = draw(background, explanation, reading.caption(Query("lime", 512), SPEC.output, explanation))
    return np.asarray(Image.open(BytesIO(content)).convert("RGB"), dtype=int)


def cell(picture: np.ndarray, row: int, column: int) -> tuple[int, int, int]:
    """Return the colour in the middle of the square of a pixel."""
    left, top = (WIDTH - 28 * SCALE) // 2, 74
    red, green, blue = picture[top + row * SCALE + SCALE // 2, left + column * SCALE + SCALE // 2].tolist()
    return red, green, blue


def test_for_is_orange_against_is_blue_and_nothing_is_white() -> None:
    attributions = np.zeros((28, 28))
    attributions[3, 5], attributions[20, 10], attributions[9, 9] = 2.0, -2.0, 0.5
    picture = drawn(attributions)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    (red, _, blue), (other_red, _, other_blue), weak = (cell(picture, *at) for at in ((3, 5), (20, 10), (9, 9)))
    assert red > blue + 80
    assert other_blue > other_red + 80
    assert sum(weak) > red + blue  # a quarter of the largest share is lighter
    assert cell(picture, 0, 0) == (255, 255, 255)


def test_an_image_that_nothing_speaks_for_or_against_is_white() -> None:
    assert cell(drawn(np.zeros((28, 28))), 14, 14) == (255, 255, 255)


def test_the_digits_outline_is_seen_where_no_share_is() -> None:
    blank, outlined = drawn(np.zeros((28, 28))), drawn(np.zeros((28, 28)), recipe.drawn(8)[0])
    middle = (slice(74, 74 + 28 * SCALE), slice(20, WIDTH - 20))
    assert (outlined[middle] != blank[middle]).any(axis=-1).sum() > 500


def test_the_head_tells_another_digit_and_another_target() -> None:
    heads = [
        drawn(np.zeros((28, 28)), reading=Reading(*values))[:74] for values in ((7, 1.0, 7, 1.0), (7, 1.0, 2, 0.0))
    ]
    assert (heads[0] != heads[1]).any()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("method", METHODS)
def test_a_request_for_a_picture_gets_one(small: Bundle, method: str) -> None:
    image = recipe.drawn(5)
    batch = messages.batch(Classifier(small), image, Identity("digits", "1.0", "0" * 64))
    query = Query(method, samples=METHODS[method].least, picture=True)
    request = Explanations(small).of(Request(image, [Treatment("raw")]), query)
    first, again = (request.answer(batch, 0) for _ in range(2))
    assert (first.status, first.content_type) == (200, "image/png")
    assert first.body == again.body
    assert Image.open(BytesIO(first.body)).size == (WIDTH, HEIGHT)
