"""Raw pixels."""

import json

import numpy as np
import pytest

from inference.classifier import Classifier
from inference.http_message import Identity
from tests import messages, recipe
from tests.messages import decode, normalised

IDENTITY = Identity("digits", "1.0", "ab" * 32)


@pytest.mark.parametrize("count", [1, 2, 10])
def test_k_images_are_read_in_order(count: int) -> None:
    images = recipe.drawn(*range(count))
    assert np.array_equal(decode(messages.raw(images)).rows, images)


def test_as_many_as_allowed() -> None:
    assert decode(messages.raw(np.zeros((4096, 28, 28), dtype=np.uint8))).rows.shape == (4096, 28, 28)


def test_one_image_gets_one_prediction(small_classifier: Classifier) -> None:
    request = decode(messages.raw(recipe.drawn(7)))
    answer = json.loads(messages.answered(request, small_classifier, IDENTITY).body)
    assert list(answer) == ["digit", "confidence", "accepted", "probabilities", "model", "input"]
    assert answer["confidence"] == max(answer["probabilities"]) == answer["probabilities"][answer["digit"]]
    assert answer["model"] == {"name": "digits", "version": "1.0", "weights": "abababababab"}
    assert answer["input"] == {"format": "raw", "width": 28, "height": 28, "steps": []}


def test_several_images_get_a_list_in_their_order(small_classifier: Classifier) -> None:
    images = recipe.drawn(7, 1, 4)
    request = decode(messages.raw(images))
    answer = json.loads(messages.answered(request, small_classifier, IDENTITY).body)
    probabilities = [prediction["probabilities"] for prediction in answer["predictions"]]
    np.testing.assert_allclose(probabilities, small_classifier.predict(images).probabilities, atol=1e-6)


def test_dark_ink_on_light_is_normalised_and_its_neighbour_is_not() -> None:
    seven = recipe.drawn(7)
    request = normalised(decode(messages.raw(np.concatenate([seven, 255 - seven]))))
    assert [bool(treatment.steps) for treatment in request.treatments] == [False, True]
    assert np.array_equal(request.rows[0], seven[0])
    assert request.rows[1][0].max() == 0
