"""TensorFlow Serving's columnar request, and instances under other names than the service's."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from inference.classifier import Classifier
from inference.http_message import Identity
from tests import recipe
from tests.messages import answered, b64, decode, of_json, png

from .checks import refusal

IMAGES = recipe.drawn(7, 2)
LISTS, FILES = IMAGES.tolist(), [{"b64": b64(png(image))} for image in IMAGES]


@pytest.mark.parametrize(
    "inputs",
    [
        LISTS,
        IMAGES.reshape(2, 784).tolist(),
        IMAGES.reshape(2, 28, 28, 1).tolist(),
        IMAGES.reshape(2, 1, 28, 28).tolist(),
        FILES,
        {"flatten_input": LISTS},
        {"images": FILES},
        {"images": [file["b64"] for file in FILES]},
    ],
)
def test_columnar_inputs(inputs: Any, small_classifier: Classifier) -> None:
    request = decode(of_json({"signature_name": "serving_default", "inputs": inputs}))
    assert np.array_equal(request.rows, IMAGES)
    content = json.loads(answered(request, small_classifier, Identity("digits", "1.0", "c" * 64)).body)
    assert list(content) == ["outputs"]
    assert len(content["outputs"]) == 2


@pytest.mark.parametrize(
    "inputs", [LISTS[0], [LISTS[0]], IMAGES[0].ravel().tolist(), FILES[0], FILES[0]["b64"], {"x": LISTS[0]}]
)
def test_columnar_inputs_of_one_image(inputs: Any) -> None:
    assert np.array_equal(decode(of_json({"inputs": inputs})).rows, IMAGES[:1])


def test_a_number_first_makes_one_image() -> None:
    error = refusal(of_json({"inputs": [*[0] * 783, "x"]}))
    assert error.message.startswith('pixel 783 of inputs[0] is "x"')


def test_several_names_are_too_many() -> None:
    error = refusal(of_json({"inputs": {"a": LISTS, "b": LISTS}}))
    assert error.message == "inputs names several columns: 'a', 'b'"


@pytest.mark.parametrize(
    "instance",
    [
        {"data": b64(png(IMAGES[0])), "target": 0},
        {"data": {"b64": b64(png(IMAGES[0]))}},
        {"image_bytes": {"b64": b64(png(IMAGES[0]))}, "key": "0"},
        {"data": b64(png(IMAGES[0])), "key": "first"},
        {"image": LISTS[0]},
        {"flatten_input": IMAGES[0].ravel().tolist()},
        {"pixels": LISTS[0], "weights": [1, 2]},
        b64(png(IMAGES[0])),
        [LISTS[0]],
        [[LISTS[0]]],
        IMAGES[0].reshape(784, 1).tolist(),
        IMAGES[0].reshape(1, 784).tolist(),
    ],
)
def test_an_instance_of_other_samples(instance: Any) -> None:
    assert np.array_equal(decode(of_json({"instances": [instance]})).rows, IMAGES[:1])


def test_two_members_that_could_be_the_image_are_refused_by_name() -> None:
    error = refusal(of_json({"instances": [{"a": LISTS[0], "b": LISTS[1]}]}))
    assert error.message == "instances[0] has several members that could be the example: 'a', 'b'"


@pytest.mark.parametrize("x", [IMAGES[:1].tolist(), IMAGES[:1, None].tolist(), IMAGES[0].reshape(784, 1).tolist()])
def test_x_with_axes_of_length_1(x: list[Any]) -> None:
    assert np.array_equal(decode(of_json({"x": x})).rows, IMAGES[:1])


def test_null_gives_way_to_what_is_there() -> None:
    content = {"x": None, "instances": None, "inputs": {"x": LISTS}, "signature_name": None}
    assert np.array_equal(decode(of_json(content)).rows, IMAGES)


FILE = png(np.random.default_rng(7).integers(0, 255, (28, 28), dtype=np.uint8) * np.pad(np.ones((26, 26), bool), 1))
TEXT = base64.b64encode(FILE).decode()


@pytest.mark.parametrize(
    "text",
    [
        base64.encodebytes(FILE).decode(),
        TEXT.replace("=", ""),
        base64.urlsafe_b64encode(FILE).decode(),
        f"data:image/png;base64,{TEXT}",
        f"DATA:image/png;charset=x;base64,{TEXT.replace('+', '%2B')}",
        f"\n{TEXT[:40]}\r\n\t{TEXT[40:]} ",
    ],
)
def test_base64_of_other_writers(text: str) -> None:
    assert np.array_equal(
        decode(of_json({"instances": [{"b64": text}]})).rows, decode(of_json({"instances": [{"b64": TEXT}]})).rows
    )


@pytest.mark.parametrize("text", ["data:image/png,abc", TEXT + "!", "A"])
def test_base64_that_is_none(text: str) -> None:
    assert type(refusal(of_json({"instances": [{"b64": text}]}))).__name__ == "InvalidImage"
