"""An explanation's answer: what the JSON has, and what is refused."""

import json
from typing import Any

import numpy as np
import pytest

from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.errors import TooLarge
from inference.explanations.query import METHODS
from inference.messages import Identity, Message
from inference.protocols import Batch, decode
from model.explanations import Explained, Explainer, Query
from model.pixels import Images
from tests import messages, recipe

IDENTITY = Identity("digits", "1.0", "0123456789abcdef")
KEYS = ["digit", "confidence", "target", "probability", "method", "samples", "seed", "logit", "base"]

pytestmark = pytest.mark.usefixtures("restored")


def answered(explainer: Explainer, small: Bundle, message: Message, query: Query = Query()) -> Any:  # noqa: B008
    request = Explained.of(decode(message), query, explainer)
    answer = request.answer(Batch(Classifier(small).predict(request.images), IDENTITY), 0)
    assert (answer.status, answer.content_type) == (200, "application/json")
    return json.loads(answer.body)


@pytest.mark.parametrize("method", METHODS)
def test_the_answer_in_full(explainer: Explainer, small: Bundle, method: str) -> None:
    image = recipe.drawn(7)
    found = answered(explainer, small, messages.raw(image), Query(method, samples=METHODS[method].default, seed=3))
    complete = ["completeness_error"] * (method == "integrated_gradients")
    assert list(found) == [*KEYS, *complete, "attributions", "image", "model", "input"]
    probabilities = Classifier(small).predict(image).probabilities[0]
    assert found["digit"] == found["target"] == int(probabilities.argmax())
    assert found["confidence"] == found["probability"] == pytest.approx(float(probabilities.max()), abs=1e-6)
    assert (found["method"], found["samples"], found["seed"]) == (method, METHODS[method].default, 3)
    assert found["image"] == image[0].tolist()
    assert np.array(found["attributions"]).shape == (28, 28)
    assert found["model"] == {"name": "digits", "version": "1.0", "weights": "0123456789ab"}
    assert found["input"] == {"format": "raw", "width": 28, "height": 28, "steps": []}


def test_the_runner_up_and_a_digit_of_choice(explainer: Explainer, small: Bundle) -> None:
    order = np.argsort(-Classifier(small).predict(recipe.drawn(7)).probabilities[0]).tolist()
    for target, expected in (("second", order[1]), (str(order[9]), order[9])):
        found = answered(explainer, small, messages.raw(recipe.drawn(7)), Query(target=target))
        assert (found["digit"], found["target"]) == (order[0], expected)
        assert found["probability"] < found["confidence"]


@pytest.mark.parametrize("dialect", ["x", "instances", "inputs", "binary", "png", "form"])
def test_every_dialect_is_explained_alike(explainer: Explainer, small: Bundle, dialect: str) -> None:
    image: Images = recipe.drawn(4)
    by_dialect = {
        "x": messages.of_json({"x": image[0].tolist()}),
        "instances": messages.of_json({"instances": image.tolist()}),
        "inputs": messages.v2(image, id="7"),
        "binary": messages.v2_binary(image.tobytes(), {"shape": [1, 784], "datatype": "UINT8"}),
        "png": Message(messages.png(image[0]), "image/png"),
        "form": messages.form(('Content-Disposition: form-data; name="data"', image.tobytes())),
    }
    found, raw = (answered(explainer, small, each) for each in (by_dialect[dialect], messages.raw(image)))
    del found["input"], raw["input"]
    assert found == raw


@pytest.mark.parametrize("content", [{"x": recipe.drawn(1, 2).tolist()}, {"instances": recipe.drawn(1, 2, 3).tolist()}])
def test_more_than_one_image_is_refused(explainer: Explainer, content: dict[str, Any]) -> None:
    with pytest.raises(TooLarge, match="images in one explanation") as refused:
        Explained.of(decode(messages.of_json(content)), Query(), explainer)
    assert "one image" in refused.value.hint


def test_what_the_model_saw_is_what_is_shown(explainer: Explainer, small: Bundle) -> None:
    """Dark ink on a light ground is turned before the network sees it."""
    request = Explained.of(decode(messages.raw(255 - recipe.drawn(7))), Query(), explainer).standardised()
    answer = request.answer(Batch(Classifier(small).predict(request.images), IDENTITY), 0)
    found = json.loads(answer.body)
    assert "inverted" in found["input"]["steps"]
    assert found["image"] == request.images[0].tolist()
    assert sum(map(sum, found["image"])) < 100 * 784
