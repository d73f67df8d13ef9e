"""An image file as the whole body."""

import json

import numpy as np

from inference.classifier import Classifier
from inference.http_message import Identity, Message
from tests import recipe
from tests.messages import answered, decode
from tests.pictures import digit, saved

from .checks import refusal


def test_the_answer_tells_what_was_done(small_classifier: Classifier) -> None:
    request = decode(Message(saved(digit(7, scale=4), "PNG"), "image/png"))
    answer = answered(request, small_classifier, Identity("digits", "2.0", "c" * 64))
    treatment = json.loads(answer.body)["input"]
    assert (treatment["format"], treatment["width"], treatment["height"]) == ("PNG", 112, 112)
    assert treatment["steps"] == ["cropped", "scaled to 10x20", "centred"]


def test_mnists_own_look_is_left_alone() -> None:
    request = decode(Message(saved(digit(7), "PNG"), "image/png"))
    assert np.array_equal(request.rows, recipe.drawn(7))
    assert request.treatments[0].steps == ()


def test_a_broken_file_is_refused() -> None:
    error = refusal(Message(saved(digit(7), "PNG")[:60], "image/png"))
    assert (error.status, type(error).__name__) == (400, "InvalidImage")
    assert "cannot be decoded" in error.message
