"""Graphs as skl2onnx converts them: with labels, with maps of probabilities, or with neither."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from serving.declared import folder, graph, resolution, scaffold
from serving.declared.errors import DeclarationError
from tests import declared
from tests.declared import LABELS


def test_a_classifier_is_packaged_without_a_word_from_its_author(tmp_path: Path) -> None:
    path = declared.flowers(tmp_path / "iris.onnx", "Identity")
    scaffold.write(tmp_path)
    resolved = resolution.resolve(folder.read(tmp_path))
    declaration, rows = resolved.declaration, resolved.samples.rows
    assert (declaration.labels, declaration.kind) == (LABELS, "probabilities")
    labels, probabilities = onnxruntime.InferenceSession(path).run(None, {"row": rows})
    answered = resolved.network.arrays(rows)["probabilities"]
    np.testing.assert_allclose(answered, probabilities, atol=1e-6)
    assert [LABELS[index] for index in answered.argmax(axis=1)] == list(labels)


@pytest.mark.parametrize("numbers", [False, True])
def test_a_map_of_probabilities_is_refused_with_the_option_that_avoids_it(tmp_path: Path, numbers: bool) -> None:
    model = onnx.load(declared.flowers(tmp_path / "iris.onnx"))
    if numbers:  # in place of text labels
        model.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info("index", declared.INT64, ["n"]))
    onnx.save(model, tmp_path / "iris.onnx")
    text = "name = 'iris'\n"
    with pytest.raises(DeclarationError, match=r"'probabilities' is a sequence, .*options=\{'zipmap': False\}"):
        resolution.resolve(folder.read(declared.folder(tmp_path, text)))
    if numbers:
        chosen = declared.folder(tmp_path, f"{text}[output]\ntensor = 'index'\n")
        assert resolution.resolve(folder.read(chosen)).declaration.kind == "values"


def test_labels_of_an_inner_classifier_are_not_the_networks(tmp_path: Path) -> None:
    model = onnx.load(declared.flowers(tmp_path / "iris.onnx", "Identity"))
    inner = onnx.helper.make_node(
        "LinearClassifier", ["row"], ["inner", "scores of it"], domain="ai.onnx.ml",
        classlabels_ints=[0, 1, 2], coefficients=[1.0] * 12, intercepts=[0.0] * 3,
    )  # fmt: skip
    model.graph.node.insert(0, inner)
    assert graph.parse(model.SerializeToString(), "iris.onnx").labels == LABELS


def test_distances_are_no_classes(tmp_path: Path) -> None:
    model = onnx.load(declared.iris(tmp_path / "iris.onnx"))
    model.producer_name = "skl2onnx"  # skl2onnx writes the labels of every classifier
    onnx.save(model, tmp_path / "iris.onnx")
    assert "labels =" not in scaffold.write(tmp_path)
    assert resolution.resolve(folder.read(tmp_path)).declaration.kind == "values"
