"""The answer of an explanation: the fields of the JSON, and refusals."""

import json
from typing import Any

import numpy as np
import pytest

from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.errors import TooLarge
from inference.explanations.explained import Explanations
from inference.explanations.query import Query
from inference.http_message import Identity, Message
from model.explanations import METHODS
from model.pixels import Images
from tests import messages, recipe
from tests.messages import decode, normalised

IDENTITY = Identity("digits", "1.0", "0123456789abcdef")
KEYS = ["digit", "confidence", "target", "probability", "method", "samples", "seed", "logit", "base"]

pytestmark = pytest.mark.usefixtures("restored")


PREDICTED = Query("integrated_gradients", samples=256)


def answered(small: Bundle, message: Message, query: Query = PREDICTED) -> Any:
    request = Explanations(small).of(decode(message), query)
    answer = messages.answered(request, Classifier(small), IDENTITY)
    assert (answer.status, answer.content_type) == (200, "application/json")
    return json.loads(answer.body)


@pytest.mark.parametrize("method", METHODS)
def test_the_answer_in_full(small: Bundle, method: str) -> None:
    image = recipe.drawn(7)
    explanation = answered(small, messages.raw(image), Query(method, samples=METHODS[method].default, seed=3))
    complete = ["completeness_error"] * (method == "integrated_gradients")
    assert list(explanation) == [*KEYS, *complete, "attributions", "image", "model", "input"]
    probabilities = Classifier(small).predict(image).probabilities[0]
    assert explanation["digit"] == explanation["target"] == int(probabilities.argmax())
    assert (
        explanation["confidence"] == explanation["probability"] == pytest.approx(float(probabilities.max()), abs=1e-6)
    )
    assert (explanation["method"], explanation["samples"], explanation["seed"]) == (method, METHODS[method].default, 3)
    assert explanation["image"] == image[0].tolist()
    assert np.array(explanation["attributions"]).shape == (28, 28)
    assert explanation["model"] == {"name": "digits", "version": "1.0", "weights": "0123456789ab"}
    assert explanation["input"] == {"format": "raw", "width": 28, "height": 28, "steps": []}


def test_the_runner_up_and_a_digit_of_choice(small: Bundle) -> None:
    order = np.argsort(-Classifier(small).predict(recipe.drawn(7)).probabilities[0]).tolist()
    for target, expected in (("second", order[1]), (str(order[9]), order[9])):
        explanation = answered(small, messages.raw(recipe.drawn(7)), PREDICTED._replace(target=target))
        assert (explanation["digit"], explanation["target"]) == (order[0], expected)
        assert explanation["probability"] < explanation["confidence"]


@pytest.mark.parametrize("dialect", ["x", "instances", "inputs", "binary", "png", "form"])
def test_every_dialect_is_explained_alike(small: Bundle, dialect: str) -> None:
    image: Images = recipe.drawn(4)
    by_dialect = {
        "x": messages.of_json({"x": image[0].tolist()}),
        "instances": messages.of_json({"instances": image.tolist()}),
        "inputs": messages.v2(image, id="7"),
        "binary": messages.v2_binary(image.tobytes(), {"shape": [1, 784], "datatype": "UINT8"}),
        "png": Message(messages.png(image[0]), "image/png"),
        "form": messages.form(('Content-Disposition: form-data; name="data"', image.tobytes())),
    }
    explanation, raw = (answered(small, message) for message in (by_dialect[dialect], messages.raw(image)))
    del explanation["input"], raw["input"]
    assert explanation == raw


@pytest.mark.parametrize("content", [{"x": recipe.drawn(1, 2).tolist()}, {"instances": recipe.drawn(1, 2, 3).tolist()}])
def test_more_than_one_image_is_refused(small: Bundle, content: dict[str, Any]) -> None:
    with pytest.raises(TooLarge, match="images in one explanation") as refused:
        Explanations(small).of(decode(messages.of_json(content)), PREDICTED)
    assert "one image" in refused.value.hint


def test_what_the_model_saw_is_what_is_shown(small: Bundle) -> None:
    """Dark ink on light paper is inverted before the network receives it."""
    request = normalised(Explanations(small).of(decode(messages.raw(255 - recipe.drawn(7))), PREDICTED))
    answer = messages.answered(request, Classifier(small), IDENTITY)
    content = json.loads(answer.body)
    assert "inverted" in content["input"]["steps"]
    assert content["image"] == request.rows[0].tolist()
    assert sum(map(sum, content["image"])) < 100 * 784
