"""The answer to an Open Inference Protocol request: its outputs, their order, and JSON or binary."""

import json
from typing import Any

import numpy as np
import pytest

from inference.classifier import Classifier
from inference.http_message import Answer, Identity, Message
from tests import messages, recipe
from tests.messages import decode, v2, v2_binary

from .checks import refusal

IMAGES = recipe.drawn(7, 1, 4)
IDENTITY = Identity("digits", "1.0", "c" * 64)
BINARY = {"parameters": {"binary_data": True}}
JSON_DATA = {"parameters": {"binary_data": False}}


def answered(classifier: Classifier, message: Message) -> Answer:
    return messages.answered(decode(message), classifier, IDENTITY)


def test_all_outputs_unless_some_are_named(small_classifier: Classifier) -> None:
    answer = answered(small_classifier, v2(IMAGES))
    content = json.loads(answer.body)
    predictions = small_classifier.predict(IMAGES)
    digit, probabilities = content["outputs"]
    assert (answer.content_type, answer.status, answer.headers) == ("application/json", 200, {})
    assert list(content) == ["model_name", "model_version", "outputs"]
    assert (content["model_name"], content["model_version"]) == ("digits", "1.0")
    assert digit == {"name": "digit", "shape": [3], "datatype": "INT64", "data": predictions.classes.tolist()}
    assert list(probabilities) == ["name", "shape", "datatype", "data"]
    assert probabilities["shape"] == [3, 10]
    np.testing.assert_allclose(probabilities["data"], predictions.probabilities.ravel(), atol=1e-7)


def test_a_change_of_an_example_is_reported(small_classifier: Classifier) -> None:
    request = messages.normalised(decode(v2(np.concatenate([IMAGES, 255 - IMAGES[:1]]))))
    answer = messages.answered(request, small_classifier, IDENTITY)
    content = json.loads(answer.body)
    assert list(content) == ["model_name", "model_version", "parameters", "outputs"]
    steps = [example["steps"] for example in json.loads(content["parameters"]["input"])]
    assert steps[:3] == [[]] * 3
    assert steps[3][0] == "inverted"


@pytest.mark.parametrize("request_id", ["a1", "", "ü" * 100])
def test_the_id_comes_back(small_classifier: Classifier, request_id: str) -> None:
    content = json.loads(answered(small_classifier, v2(IMAGES, id=request_id)).body)
    assert content["id"] == request_id


def test_no_id_no_id(small_classifier: Classifier) -> None:
    assert "id" not in json.loads(answered(small_classifier, v2(IMAGES, id=None)).body)


@pytest.mark.parametrize(
    "names", [["digit"], ["probabilities"], ["digit", "probabilities"], ["probabilities", "digit"]]
)
def test_the_outputs_asked_for_in_the_order_asked_for(small_classifier: Classifier, names: list[str]) -> None:
    content = json.loads(answered(small_classifier, v2(IMAGES, outputs=[{"name": name} for name in names])).body)
    assert [output["name"] for output in content["outputs"]] == names


@pytest.mark.parametrize("outputs", [[], None])
def test_an_empty_list_of_outputs_means_all(small_classifier: Classifier, outputs: Any) -> None:
    assert len(json.loads(answered(small_classifier, v2(IMAGES, outputs=outputs)).body)["outputs"]) == 2


def unpacked(answer: Answer) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return the outputs of a binary answer, and the bytes of each in order."""
    assert answer.content_type == "application/octet-stream"
    length = int(answer.headers["Inference-Header-Content-Length"])
    outputs: list[dict[str, Any]] = json.loads(answer.body[:length])["outputs"]
    rest, parts = answer.body[length:], []
    for output in outputs:
        size = output.get("parameters", {}).get("binary_data_size", 0)
        parts.append(rest[:size])
        rest = rest[size:]
    assert rest == b""
    return outputs, parts


def test_all_outputs_as_binary(small_classifier: Classifier) -> None:
    outputs, (digit, probabilities) = unpacked(
        answered(small_classifier, v2(IMAGES, parameters={"binary_data_output": True}))
    )
    predictions = small_classifier.predict(IMAGES)
    assert outputs[0] == {
        "name": "digit",
        "shape": [3],
        "datatype": "INT64",
        "parameters": {"binary_data_size": 24},
    }
    assert outputs[1]["parameters"] == {"binary_data_size": 120}
    assert np.array_equal(np.frombuffer(digit, "<i8"), predictions.classes)
    assert np.array_equal(np.frombuffer(probabilities, "<f4"), predictions.probabilities.ravel())


@pytest.mark.parametrize("default", [False, True])
@pytest.mark.parametrize(("first", "second"), [(BINARY, JSON_DATA), (JSON_DATA, BINARY)])
def test_each_output_has_its_own_say(
    small_classifier: Classifier, default: bool, first: dict[str, Any], second: dict[str, Any]
) -> None:
    requested = [{"name": "probabilities"} | first, {"name": "digit"} | second]
    message = v2(IMAGES, outputs=requested, parameters={"binary_data_output": default})
    outputs, parts = unpacked(answered(small_classifier, message))
    assert [output["name"] for output in outputs] == ["probabilities", "digit"]
    assert [bool(part) for part in parts] == [first is BINARY, second is BINARY]
    assert ["data" in output for output in outputs] == [first is JSON_DATA, second is JSON_DATA]


def test_an_output_of_one_binary_tensor_among_json(small_classifier: Classifier) -> None:
    requested = [{"name": "digit"}, {"name": "probabilities"} | BINARY]
    outputs, (_, probabilities) = unpacked(answered(small_classifier, v2(IMAGES, outputs=requested)))
    assert outputs[0]["data"] == small_classifier.predict(IMAGES).classes.tolist()
    assert len(probabilities) == 120


def test_binary_in_does_not_mean_binary_out(small_classifier: Classifier) -> None:
    message = v2_binary(IMAGES.tobytes(), {"shape": [3, 784], "datatype": "UINT8"}, id="b")
    answer = answered(small_classifier, message)
    assert answer.content_type == "application/json"
    assert json.loads(answer.body)["id"] == "b"


# name -> (fields of the request, parts of the message)
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no such output": ({"outputs": [{"name": "scores"}]}, 'unknown output "scores"'),
    "an output without a name": ({"outputs": [{}]}, "unknown output null"),
    "an output named by a list": ({"outputs": [{"name": ["digit"]}]}, "unknown output a list of length 1"),
    "an output twice": ({"outputs": [{"name": "digit"}, {"name": "digit"}]}, "outputs names a tensor twice"),
    "outputs as an object": ({"outputs": {"name": "digit"}}, "outputs must be a list of objects"),
    "outputs as names": ({"outputs": ["digit"]}, "outputs must be a list of objects"),
    "a numeric id": ({"id": 7}, "id must be a string"),
    "parameters of a list": ({"parameters": [1]}, "parameters must be an object"),
    "binary_data_output of 1": ({"parameters": {"binary_data_output": 1}}, "binary_data_output must be true or false"),
    "binary_data of text": (
        {"outputs": [{"name": "digit", "parameters": {"binary_data": "yes"}}]},
        "binary_data must be true or false",
    ),
    "output parameters of text": ({"outputs": [{"name": "digit", "parameters": ""}]}, "parameters must be an object"),
    "classification": ({"outputs": [{"name": "digit", "parameters": {"classification": 3}}]}, "classification"),
    "no inputs": ({"inputs": []}, "inputs must be a list of one tensor, not a list of length 0"),
    "two inputs": ({"inputs": [{}, {}]}, "inputs must be a list of one tensor, not a list of length 2"),
    "inputs of a number": ({"inputs": 7}, "inputs must be a list of one tensor, not 7"),
    "inputs of a tensor": ({"inputs": {"datatype": "UINT8"}}, "inputs must be a list of one tensor, not an object"),
    "inputs of null": ({"inputs": None}, "inputs must be a list of one tensor, not null"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_request_that_asks_for_what_is_not_there_is_refused_by_name(name: str) -> None:
    fields, words = BAD[name]
    error = refusal(v2(IMAGES, **fields))
    assert (error.status, type(error).__name__) == (400, "InvalidTensor")
    assert words in error.message


def test_an_input_that_is_no_object_is_a_column() -> None:
    error = refusal(v2(IMAGES, inputs=[7]))
    assert "inputs[0] has 1 elements" in error.message
