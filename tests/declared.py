"""Folders of declared models: ONNX graphs made node by node, and their declarations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

FLOAT, INT64 = int(onnx.TensorProto.FLOAT), int(onnx.TensorProto.INT64)
TEXT, BOOL = int(onnx.TensorProto.STRING), int(onnx.TensorProto.BOOL)
COLUMNS = ("sepal length", "sepal width", "petal length", "petal width")
LABELS = ("setosa", "versicolor", "virginica")
MODEL = f"""name = "iris"
network = "iris.onnx"
[input]
columns = {list(COLUMNS)}
[output]
labels = {list(LABELS)}
"""
Shape = Sequence[int | str]
Value = tuple[str, int, Shape]  # name, type, shape with the batch


def save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    constants: dict[str, npt.NDArray[Any]] | None = None,
) -> Path:
    """Write an ONNX file."""
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(*value) for value in outputs],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("custom", 1), helper.make_opsetid("ai.onnx.ml", 2)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def weights() -> dict[str, npt.NDArray[Any]]:
    random = np.random.RandomState(1936)
    shapes = {"w1": (4, 16), "b1": (16,), "w2": (16, 3), "b2": (3,)}
    return {name: random.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()}


def logits(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the outputs of ``iris`` for rows (n, 4), float32 (n, 3)."""
    own = weights()
    scores: npt.NDArray[Any] = np.maximum(rows @ own["w1"] + own["b1"], 0) @ own["w2"] + own["b2"]
    return scores


def iris(path: Path, batch: int | str = "n", last: str = "") -> Path:
    """Write a graph from a table of 4 numbers to 3 logits, or to the result of the operator ``last`` on them."""
    nodes = [
        helper.make_node("Gemm", ["row", "w1", "b1"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "w2", "b2"], ["scores" if last else "logits"]),
    ]
    if last:
        nodes.append(helper.make_node(last, ["scores"], ["logits"]))
    return save(path, nodes, [("row", FLOAT, [batch, 4])], [("logits", FLOAT, [batch, 3])], weights())


def flowers(path: Path, node: str = "ZipMap", labels: Sequence[str] = LABELS) -> Path:
    """Write a graph like skl2onnx's, from 4 numbers to a label and probabilities, by default a map from labels."""
    nodes = [
        helper.make_node("MatMul", ["row", "w"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["softmax"], axis=1),
        helper.make_node("ArgMax", ["scores"], ["index"], axis=1, keepdims=0),
        helper.make_node("ArrayFeatureExtractor", ["classes", "index"], ["row of labels"], domain="ai.onnx.ml"),
        helper.make_node("Reshape", ["row of labels", "flat"], ["label"]),
    ]
    kind: dict[str, Any] = {"domain": "ai.onnx.ml", "classlabels_strings": list(labels)} if node == "ZipMap" else {}
    nodes.append(helper.make_node(node, ["softmax"], ["probabilities"], **kind))
    weight = weights()["w1"][:, : len(labels)]
    constants = {"w": weight, "classes": np.array(labels, object), "flat": np.array([-1])}
    outputs: list[Value] = [("label", TEXT, ["n"]), ("probabilities", FLOAT, ["n", len(labels)])]
    save(path, nodes, [("row", FLOAT, ["n", 4])], outputs, constants)
    model = onnx.load(path)
    model.producer_name = "skl2onnx"
    if node == "ZipMap":
        probability = helper.make_tensor_type_proto(FLOAT, [])
        maps = helper.make_sequence_type_proto(helper.make_map_type_proto(TEXT, probability))
        model.graph.output[1].type.CopyFrom(maps)
    onnx.save(model, path)
    return path


def photos(path: Path, side: int | str = 32) -> Path:
    """Write a graph from RGB images to 2 scores: sums over the means of the channels."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["means"]),
        helper.make_node("Gemm", ["means", "w"], ["scores"]),
    ]
    weight = np.array([[4.0, -1.0], [0.5, 2.0], [-3.0, 1.0]], dtype=np.float32)
    return save(path, nodes, [("image", FLOAT, ["n", 3, side, side])], [("scores", FLOAT, ["n", 2])], {"w": weight})


def bytes_of(path: Path) -> Path:
    """Write a graph from RGB images of 8x8 pixels in bytes, (n, 8, 8, 3), to the sums of their channels (n, 3)."""
    nodes = [
        helper.make_node("Cast", ["image"], ["floats"], to=FLOAT),
        helper.make_node("ReduceSum", ["floats", "axes"], ["sums"], keepdims=0),
    ]
    inputs: list[Value] = [("image", int(onnx.TensorProto.UINT8), ["n", 8, 8, 3])]
    return save(path, nodes, inputs, [("sums", FLOAT, ["n", 3])], {"axes": np.array([1, 2])})


def sums(path: Path) -> Path:
    """Write a graph from two numbers to their sum, float32 (n,), and their doubles, int64 (n, 2)."""
    nodes = [
        helper.make_node("ReduceSum", ["pair", "axes"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["pair"], ["whole"], to=INT64),
        helper.make_node("Add", ["whole", "whole"], ["double"]),
    ]
    constants = {"axes": np.array([1], dtype=np.int64)}
    outputs: list[Value] = [("sum", FLOAT, ["n"]), ("double", INT64, ["n", 2])]
    return save(path, nodes, [("pair", FLOAT, ["n", 2])], outputs, constants)


def successors(path: Path) -> Path:
    """Write a graph from two whole numbers, int64 (n, 2), to the next ones."""
    node = helper.make_node("Add", ["tokens", "one"], ["next"])
    values: list[Value] = [("tokens", INT64, ["n", 2])]
    return save(path, [node], values, [("next", INT64, ["n", 2])], {"one": np.array([1], dtype=np.int64)})


CELL = """[inputs.signal]
shape = [4]
[inputs.rate]
value = 10
"""


def cell(path: Path) -> Path:
    """Write a graph from a signal (n, any), a state (2, n, 3) and an unbatched rate to a level (n, 1) and a state."""
    nodes = [
        helper.make_node("ReduceMean", ["signal"], ["mean"], axes=[1]),
        helper.make_node("Cast", ["rate"], ["factor"], to=FLOAT),
        helper.make_node("Mul", ["mean", "factor"], ["level"]),
        helper.make_node("Add", ["state", "mean"], ["next"]),
    ]
    inputs: list[Value] = [("signal", FLOAT, ["n", "m"]), ("state", FLOAT, [2, "n", 3]), ("rate", INT64, [])]
    return save(path, nodes, inputs, [("level", FLOAT, ["n", 1]), ("next", FLOAT, ["a", "b", "c"])])


def words(path: Path) -> Path:
    """Write a graph from a word and a flag to a score (n,): 1 for "yes", 2 for "no", else 0, plus 10 with the flag."""
    encoder: dict[str, Any] = {"keys_strings": ["yes", "no"], "values_floats": [1.0, 2.0], "default_float": 0.0}
    nodes = [
        helper.make_node("LabelEncoder", ["word"], ["number"], domain="ai.onnx.ml", **encoder),
        helper.make_node("Cast", ["flag"], ["one"], to=FLOAT),
        helper.make_node("Mul", ["one", "ten"], ["bonus"]),
        helper.make_node("Add", ["number", "bonus"], ["score"]),
    ]
    inputs: list[Value] = [("word", TEXT, ["n"]), ("flag", BOOL, ["n"])]
    return save(path, nodes, inputs, [("score", FLOAT, ["n"])], {"ten": np.array([10], dtype=np.float32)})


def versus(path: Path) -> Path:
    """Write a graph from two pairs (n, 2) to two logits (n, 2): their difference."""
    node = helper.make_node("Sub", ["home", "guest"], ["score"])
    inputs: list[Value] = [("home", FLOAT, ["n", 2]), ("guest", FLOAT, ["n", 2])]
    return save(path, [node], inputs, [("score", FLOAT, ["n", 2])])


def lengths(path: Path) -> Path:
    """Write a graph from a signal (n, any) to its doubles (n, any) and their mean (n,)."""
    nodes = [
        helper.make_node("Add", ["signal", "signal"], ["double"]),
        helper.make_node("ReduceMean", ["double"], ["mean"], axes=[1], keepdims=0),
    ]
    outputs: list[Value] = [("double", FLOAT, ["n", "m"]), ("mean", FLOAT, ["n"])]
    return save(path, nodes, [("signal", FLOAT, ["n", "m"])], outputs)


def tokens(path: Path) -> Path:
    """Write a graph from indices (n, any) of 10 rows and weights (n, any) to the weighted sum of the rows (n,)."""
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["numbers"]),
        helper.make_node("Mul", ["numbers", "weights"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "last"], ["sum"], keepdims=0),
    ]
    inputs: list[Value] = [("ids", INT64, ["n", "m"]), ("weights", FLOAT, ["n", "m"])]
    constants = {"table": np.arange(10, dtype=np.float32), "last": np.array([1])}
    return save(path, nodes, inputs, [("sum", FLOAT, ["n"])], constants)


def folder(path: Path, text: str = MODEL) -> Path:
    """Write a folder with ``iris.onnx`` and this ``model.toml``."""
    path.mkdir(parents=True, exist_ok=True)
    if not (path / "iris.onnx").exists():
        iris(path / "iris.onnx")
    (path / "model.toml").write_text(text)
    return path
