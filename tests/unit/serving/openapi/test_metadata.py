"""Metadata of models in the formats of the Open Inference Protocol and of TensorFlow Serving."""

from dataclasses import replace
from typing import Any

import pytest

from inference.inputs.named import Tensor
from inference.spec import TENSORS, VALUES, OutputSpec
from model import SPEC
from serving.openapi import metadata
from serving.openapi.interface import Interface
from tests.models import photos, table

DIGITS, FLOWERS = Interface.of(SPEC), Interface.of(table.SPEC)
PRICES = replace(
    FLOWERS,
    output=OutputSpec(kind=VALUES, names=("price",), tensors=("values",)),
    outputs=(Tensor("values", "FP32", (1,)),),
    platform="onnxruntime_onnx",
)
SUMS = replace(
    FLOWERS,
    output=OutputSpec(kind=TENSORS, tensors=("sum", "boxes")),
    outputs=(Tensor("sum", "INT64", ()), Tensor("boxes", "FP32", (-1, 4))),
)


def tensor(name: str, datatype: str, *shape: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [*shape]}


@pytest.mark.parametrize(
    ("model", "inputs", "outputs"),
    [
        (
            DIGITS,
            [tensor("pixels", "UINT8", -1, 28, 28)],
            [tensor("digit", "INT64", -1), tensor("probabilities", "FP32", -1, 10)],
        ),
        (
            FLOWERS,
            [tensor("measurements", "FP32", -1, 4)],
            [tensor("label", "BYTES", -1), tensor("probabilities", "FP32", -1, 3)],
        ),
        (PRICES, [tensor("measurements", "FP32", -1, 4)], [tensor("values", "FP32", -1, 1)]),
        (
            SUMS,
            [tensor("measurements", "FP32", -1, 4)],
            [tensor("sum", "INT64", -1), tensor("boxes", "FP32", -1, -1, 4)],
        ),
    ],
    ids=["digits", "classes", "values", "tensors"],
)
def test_tensors_have_the_batch_for_their_first_side(model: Interface, inputs: Any, outputs: Any) -> None:
    response = metadata.model("m", ["1.0", "2.0"], model)
    assert (response["inputs"], response["outputs"]) == (inputs, outputs)
    assert (response["name"], response["versions"], response["platform"]) == ("m", ["1.0", "2.0"], model.platform)


def test_parameters_are_what_the_protocol_has_no_words_for() -> None:
    labels = list(photos.SPEC.output.labels)
    parameters = metadata.model("m", ["1.0"], Interface.of(photos.SPEC))["parameters"]
    assert (parameters["labels"], parameters["image_files"]) == (labels, True)
    columns = replace(PRICES, input=replace(PRICES.input, columns=("a", "b", "c", "d")))
    assert metadata.model("m", ["1.0"], columns)["parameters"] == {"columns": ["a", "b", "c", "d"], "names": ["price"]}


def test_an_archive_that_does_not_tell_has_no_tensors() -> None:
    response = metadata.model("old", ["1.0"], None)
    assert response == {"name": "old", "versions": ["1.0"], "platform": "", "inputs": [], "outputs": []}


def test_a_version_is_available_once_a_worker_is_ready() -> None:
    status = metadata.status("m", {"1.0": True, "2.0": False})
    assert (status["name"], status["ready"]) == ("m", True)
    states = [(entry["version"], entry["state"]) for entry in status["model_version_status"]]
    assert states == [("1.0", "AVAILABLE"), ("2.0", "LOADING")]
    assert not metadata.status("m", {"2.0": False})["ready"]
