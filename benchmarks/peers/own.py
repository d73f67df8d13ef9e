"""Predictor of all peers for own ONNX models: ONNX Runtime on one thread."""

import base64
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image

GRAPH = "OWN_GRAPH"  # environment variable with the path of the graph
LABELS = ("a", "b", "c")
MEAN, STD = 0.5, 0.25  # for the normalisation of pixels, 0..1
Answer = dict[str, Any]  # {"label": "b", "probabilities": [3 numbers]}


class GraphPredictor:
    """Predictor with the graph at a path, or at the path in the environment. It is loaded once per process."""

    def __init__(self, graph: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # two processes share two cores
        path = graph or os.environ[GRAPH]
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name

    def answers(self, inputs: np.ndarray) -> list[Answer]:
        """Return the answers for float32 (n, ...), stacked results of ``row`` or ``pixels``."""
        (logits,) = self._session.run(None, {self._name: inputs})
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        best = probabilities.argmax(axis=1).tolist()
        return [
            {"label": LABELS[index], "probabilities": row}
            for index, row in zip(best, probabilities.tolist(), strict=True)
        ]

    def array(self, content: dict[str, Any]) -> np.ndarray:
        """Return the input for {"x": [numbers]} or {"image": "<image file in base64>"}."""
        return row(content["x"]) if "x" in content else pixels(base64.b64decode(content["image"]))

    def json(self, content: dict[str, Any]) -> Answer:
        """Return the answer for JSON content, as for ``array``."""
        return self.answers(self.array(content)[None])[0]

    def file(self, body: bytes) -> Answer:
        """Return the answer for an image file."""
        return self.answers(pixels(body)[None])[0]


def chosen() -> Any:
    """Return the predictor of the own model in the environment, or of digits without one."""
    if GRAPH in os.environ:
        return GraphPredictor()
    from benchmarks.peers.predictor import BundlePredictor  # noqa: PLC0415 - it imports PyTorch

    return BundlePredictor()


def row(numbers: list[float]) -> np.ndarray:
    """Return numbers as float32 (columns,)."""
    return np.array(numbers, dtype=np.float32)


def pixels(file: bytes) -> np.ndarray:
    """Return the normalised pixels, float32 (3, height, width), of an image file."""
    with Image.open(io.BytesIO(file)) as image:
        array = np.asarray(image.convert("RGB"), dtype=np.float32)
    return ((array / 255 - MEAN) / STD).transpose(2, 0, 1)
