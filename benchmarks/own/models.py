"""Two models with random weights, and requests that all get the same label."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import orjson
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from PIL import Image

from benchmarks.peers.own import LABELS, MEAN, STD, GraphPredictor, pixels, row

COUNT = 100  # different requests, which are sent in turn
SIDE = 64
_OPSET, _IR_VERSION, _SEED = 17, 8, 19
_GRAPH = "network.onnx"
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Case:
    """Model and its requests.

    folder         folder for scripts/package
    bodies         request bodies of COUNT examples, by form: "json", "png" or "base64"
    label          label of all examples
    probabilities  float32 (COUNT, labels)
    """

    name: str
    title: str
    folder: Path
    bodies: Mapping[str, Sequence[bytes]]
    label: str
    probabilities: Floats

    @property
    def graph(self) -> Path:
        return self.folder / _GRAPH


def table(folder: Path) -> Case:
    """Write a model of four numbers, 16 hidden units and three labels. Return it with its requests."""
    random = np.random.default_rng(_SEED)
    weights = {"w1": _random(random, 4, 16), "b1": _random(random, 16), "w2": _random(random, 16, 3)}
    nodes = [
        helper.make_node("Gemm", ["row", "w1", "b1"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "w2"], ["logits"]),
    ]
    _write(folder, _network(nodes, ("row", [4]), weights))
    rows = [random.normal(size=4).round(3).tolist() for _ in range(8 * COUNT)]
    label, probabilities, chosen = _alike(folder, rows, row)
    bodies = {"json": [orjson.dumps({"x": values}) for values in chosen]}
    return Case("table", "a table of 4 columns, 16 hidden units, JSON", folder, bodies, label, probabilities)


def image(folder: Path) -> Case:
    """Write a model of RGB images of 64 x 64, two convolutions and three labels. Return it with its requests."""
    random = np.random.default_rng(_SEED)
    weights = {"w1": _random(random, 8, 3, 3, 3), "w2": _random(random, 16, 8, 3, 3), "w3": _random(random, 16, 3)}
    nodes = [
        helper.make_node("Conv", ["image", "w1"], ["first"], strides=[2, 2]),
        helper.make_node("Relu", ["first"], ["hidden1"]),
        helper.make_node("Conv", ["hidden1", "w2"], ["second"], strides=[2, 2]),
        helper.make_node("Relu", ["second"], ["hidden2"]),
        helper.make_node("GlobalAveragePool", ["hidden2"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w3"], ["logits"]),
    ]
    declared = f"[input]\nimage = {{ image_mean = [{MEAN}], image_std = [{STD}] }}\n"
    _write(folder, _network(nodes, ("image", [3, SIDE, SIDE]), weights), declared)
    files = [_picture(random) for _ in range(8 * COUNT)]
    label, probabilities, chosen = _alike(folder, files, pixels)
    texts = [orjson.dumps({"image": base64.b64encode(file).decode()}) for file in chosen]
    title = f"an RGB image of {SIDE} x {SIDE}, two convolutions, PNG"
    return Case("image", title, folder, {"png": chosen, "base64": texts}, label, probabilities)


def _network(nodes: Sequence[NodeProto], given: tuple[str, Sequence[int]], weights: Mapping[str, Floats]) -> ModelProto:
    """Return a graph from an input with a name and shape to logits."""
    graph = helper.make_graph(
        list(nodes),
        "network",
        [helper.make_tensor_value_info(given[0], TensorProto.FLOAT, ["n", *given[1]])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(LABELS)])],
        [numpy_helper.from_array(array, key) for key, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)


def _write(folder: Path, network: ModelProto, declared: str = "") -> None:
    """Write the folder of a model: the graph and model.toml."""
    folder.mkdir(parents=True)
    onnx.save(network, folder / _GRAPH)
    text = f'name = "{folder.name}"\n{declared}[output]\nkind = "logits"\nlabels = {list(LABELS)}\n'
    (folder / "model.toml").write_text(text)


def _alike(folder: Path, examples: Sequence[Any], read: Callable[[Any], Floats]) -> tuple[str, Floats, list[Any]]:
    """Return the most frequent label, and the probabilities and examples of the first COUNT with this label."""
    answers = GraphPredictor(folder / _GRAPH).answers(np.stack([read(example) for example in examples]))
    labels = [answer["label"] for answer in answers]
    label = max(LABELS, key=labels.count)
    chosen = [index for index, other in enumerate(labels) if other == label][:COUNT]
    probabilities = np.array([answers[index]["probabilities"] for index in chosen], dtype=np.float32)
    return label, probabilities, [examples[index] for index in chosen]


def _picture(random: np.random.Generator) -> bytes:
    """Return a PNG file of coloured clouds."""
    coarse = random.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def _random(random: np.random.Generator, *shape: int) -> Floats:
    return random.uniform(-1, 1, shape).astype(np.float32)
