"""ONNX Runtime on one thread."""

from pathlib import Path

from inference.bundle import Bundle
from inference.runtimes.graph import Graph
from inference.spec import Floats, Rows

FILE = "model.onnx"
INPUT = "images"  # (n, *shape) in the dtype of the input
OUTPUT = "logits"  # float32 (n, labels)


class Onnx:
    """Graph from the file ``path``."""

    def __init__(self, path: Path) -> None:
        self._graph = Graph(path, [OUTPUT])

    def logits(self, rows: Rows) -> Floats:
        """Return logits, float32 (n, labels), for examples (n, *shape)."""
        logits: Floats = self._graph.run({INPUT: rows})[0]
        return logits


def load(directory: Path, _bundle: Bundle, _device: str) -> Onnx:
    return Onnx(directory / FILE)
