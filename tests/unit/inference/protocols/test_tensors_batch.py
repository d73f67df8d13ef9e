"""Outputs of a network as JSON, of all types and numbers of dimensions."""

import json

import numpy as np
import pytest

from inference.http_message import Identity
from inference.protocols.batch import Template
from inference.results import Tensors
from inference.spec import TENSORS, OutputSpec
from inference.treatment import Treatment

TEMPLATE = Template(OutputSpec(kind=TENSORS, tensors=("out",)), Identity("own", "1.0", "0" * 64))


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
@pytest.mark.parametrize("kind", ["?", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d"])
def test_each_example_has_its_numbers(kind: str, shape: tuple[int, ...]) -> None:
    array = np.arange(2 * int(np.prod(shape))).reshape(2, *shape).astype(kind)
    batch = TEMPLATE.batch(Tensors({"out": array}))
    treatment = Treatment("numbers")
    assert json.loads(batch.described(1, treatment)) == {"out": array[1].tolist()}
    assert json.loads(batch.listed(0, [treatment] * 2)) == {"predictions": [{"out": part} for part in array.tolist()]}


def test_numbers_that_json_does_not_have_are_null() -> None:
    batch = TEMPLATE.batch(Tensors({"out": np.array([np.nan, 1.5, -np.inf], np.float32)}))
    answers = json.loads(batch.listed(0, [Treatment("numbers")] * 3))["predictions"]
    assert [answer["out"] for answer in answers] == [None, 1.5, None]
