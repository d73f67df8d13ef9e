"""Reference outputs: texts and arrays of any shape are read from a file as they were written."""

from pathlib import Path

import numpy as np
import pytest

from inference import golden
from inference.golden import named
from inference.inputs.named import objects, objects_of
from inference.results import Tensors, distance
from serving.declared import folder, resolution
from serving.declared.resolution import Resolved
from tests import declared


def resolve(path: Path, text: str) -> Resolved:
    return resolution.resolve(folder.read(declared.folder(path, text)))


def test_examples_by_name_come_back(tmp_path: Path) -> None:
    declared.words(tmp_path / "iris.onnx")
    model = resolve(tmp_path, "")
    rows, results = golden.read(model.files[golden.FILE])
    assert objects_of(rows) == objects_of(model.samples.rows[:32])
    assert {type(example["word"]) for example in objects_of(rows)} == {str}
    assert distance(results, named(model.network.predict(rows))) == 0


def test_arrays_whose_shapes_differ_come_back(tmp_path: Path) -> None:
    declared.lengths(tmp_path / "iris.onnx")
    model = resolve(tmp_path, "")
    rows, results = golden.read(model.files[golden.FILE])
    assert {len(example["signal"]) for example in objects_of(rows)} == {16, 24}
    assert [len(double) for double in results["output.double"][:2]] == [16, 24]
    assert distance(results, named(model.network.predict(rows))) == 0
    assert distance(results, named(model.network.predict(rows[::-1]))) == float("inf")


@pytest.mark.parametrize("name", ["a|b", "data|x", "rows.y"])
def test_any_name_will_do(name: str) -> None:
    arrays = {name: objects([np.array([1.0, 2.0]), np.array([3.0])])} if name == "a|b" else {name: np.arange(3)}
    _, results = golden.read(golden.record(np.zeros((3, 1)), Tensors(arrays)))
    assert distance(results, {f"output.{name}": arrays[name]}) == 0
