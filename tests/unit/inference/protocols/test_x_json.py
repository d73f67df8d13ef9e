"""The request of the seed article, ``{"x": ...}``."""

import json
from typing import Any

import numpy as np
import pytest

from inference.classifier import Classifier
from inference.http_message import JSON, Identity, Message
from model.pixels import SIDE
from tests import recipe
from tests.messages import answered, decode, of_json

from .checks import refusal

SHAPES: dict[str, tuple[int, ...]] = {"784": (784,), "28x28": (28, 28), "28x28x1": (28, 28, 1)}
PIXELS = [0] * 784


@pytest.mark.parametrize("shape", SHAPES)
def test_one_image_of_any_shape(shape: str) -> None:
    image = recipe.drawn(7)
    request = decode(of_json({"x": image.reshape(SHAPES[shape]).tolist()}))
    assert np.array_equal(request.rows, image)
    assert request.treatments[0].format == "numbers"


@pytest.mark.parametrize("count", [1, 2, 27, 28, 29])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_list_of_images_of_any_shape(shape: str, count: int) -> None:
    images = recipe.drawn(*[index % 10 for index in range(count)])
    request = decode(of_json({"x": images.reshape(count, *SHAPES[shape]).tolist()}))
    assert np.array_equal(request.rows, images)


@pytest.mark.parametrize(("count", "keys"), [(1, "digit"), (2, "predictions")])
def test_one_image_gets_one_prediction_and_several_a_list(small_classifier: Classifier, count: int, keys: str) -> None:
    request = decode(of_json({"x": recipe.drawn(*range(count)).tolist()}))
    answer = answered(request, small_classifier, Identity("digits", "1.0", "c" * 64))
    assert next(iter(json.loads(answer.body))) == keys


def test_fractions_from_0_to_1_are_scaled_back_and_that_is_told() -> None:
    image = recipe.drawn(7)
    request = decode(of_json({"x": [(image[0] / 255).ravel().tolist(), image[0].ravel().tolist()]}))
    assert np.array_equal(request.rows, np.concatenate([image, image]))
    assert [treatment.steps for treatment in request.treatments] == [("scaled from 0..1",), ()]


def test_an_image_of_nothing_but_0_and_1_is_nearly_black_as_it_was_sent() -> None:
    """Whole numbers are shades from 0 to 255. Only a fraction shows another scale."""
    image = np.zeros((1, 28, 28))
    image[0, 5:20, 10] = 1.0
    request = decode(of_json({"x": image[0].ravel().tolist()}))
    assert np.array_equal(request.rows, image.astype(np.uint8))
    assert request.treatments[0].steps == ()


@pytest.mark.parametrize(("brightest", "scaled"), [(1.0, True), (1.5, False)])
def test_a_shade_over_1_tells_that_fractions_are_not_scaled(brightest: float, scaled: bool) -> None:
    image = np.full((28, 28), 0.25)
    image[0, 0] = brightest
    request = decode(of_json({"x": image.tolist()}))
    assert request.rows[0, :1, :2].tolist() == ([[255, 64]] if scaled else [[2, 0]])
    assert bool(request.treatments[0].steps) == scaled


def test_fractions_up_to_255_are_rounded() -> None:
    image = recipe.drawn(7)
    request = decode(of_json({"x": (image[0] * 0.999).ravel().tolist()}))
    assert np.array_equal(request.rows, np.rint(image * 0.999).astype(np.uint8))


def test_other_keys_are_ignored() -> None:
    assert len(decode(of_json({"note": "a 7", "x": PIXELS})).rows) == 1


def with_pixel(value: Any, index: int = 783) -> list[Any]:
    return [*PIXELS[:index], value, *PIXELS[index + 1 :]]


ROWS = [[0] * SIDE for _ in range(SIDE)]
# name -> (x, parts of the message)
BAD: dict[str, tuple[Any, str]] = {
    "783 numbers": (PIXELS[1:], "x has 783 elements"),
    "785 numbers": ([*PIXELS, 0], "x has 785 elements"),
    "28 numbers": ([0] * 28, "x[0] must be a row of 28 numbers, not 0"),
    "no numbers": ([], "not a list of length 0"),
    "a string": ("0" * 784, "x must be a list of numbers, not"),
    "a number": (7, "not 7"),
    "null": (None, "not null"),
    "an object": ({"b64": ""}, "not an object"),
    "27 rows": (ROWS[1:], "x has 27 elements"),
    "29 rows": ([*ROWS, [0] * SIDE], "x has 29 elements"),
    "a short row": ([*ROWS[:5], [0] * 27, *ROWS[6:]], "x[5] must be a row of 28 numbers, not a list of length 27"),
    "a row that is none": ([*ROWS[:5], "row", *ROWS[6:]], 'x[5] must be a row of 28 numbers, not "row"'),
    "a nested row": ([*ROWS[:5], [[0] * SIDE], *ROWS[6:]], "x[5] must be a row of 28 numbers, not a list of length 1"),
    "two channels": (np.zeros((1, 28, 28, 2), dtype=int).tolist(), "pixel 0 of x[0] is a list of length 2"),
    "a short second image": ([PIXELS, PIXELS[1:]], "x[1] has 783 elements"),
    "a digit as text": (with_pixel("7"), 'pixel 783 of x is "7"'),
    "true": (with_pixel(True, 2), "pixel 2 of x is true"),
    "null among numbers": (with_pixel(None), "pixel 783 of x is null"),
    "-1": (with_pixel(-1), "pixel 783 of x is -1"),
    "256": (with_pixel(256, 0), "pixel 0 of x is 256"),
    "255.001": (with_pixel(255.001), "255.001"),
    "2**64": (with_pixel(2**64), "1.8446744073709552e+19"),
    "in the second image": ([PIXELS, with_pixel(300, 5)], "pixel 5 of x[1] is 300"),
    "a very long string": (with_pixel("7" * 9999), '"777'),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_image_is_refused_by_name(name: str) -> None:
    x, words = BAD[name]
    error = refusal(of_json({"x": x}))
    assert (error.status, type(error).__name__) == (400, "InvalidPixels")
    assert words in error.message
    assert "784 numbers from 0 to 255" in error.hint
    assert len(error.message) < 120


def test_4097_images_are_too_many() -> None:
    error = refusal(Message(b'{"x":[' + b"[[0,0]],".join([b""] * 4097) + b"[[0,0]]]}", JSON))
    assert (error.status, type(error).__name__) == (413, "TooLarge")
    assert "4,097 images" in error.message
    assert "4,096" in error.hint
