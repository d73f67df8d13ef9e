"""ONNX Runtime on one thread. Its package is imported by this format alone."""

from pathlib import Path

import onnxruntime

from inference.bundle import Bundle
from inference.spec import Floats, Rows

FILE = "model.onnx"
INPUT = "images"  # (n, *shape) of the input's dtype
OUTPUT = "logits"  # float32 (n, labels)


class Onnx:
    """A graph from the file ``path``."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # as torch's in a worker
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def logits(self, rows: Rows) -> Floats:
        """Examples (n, *shape) to float32 (n, labels)."""
        logits: Floats = self._session.run([OUTPUT], {INPUT: rows})[0]
        return logits


def load(directory: Path, _bundle: Bundle, _device: str) -> Onnx:
    return Onnx(directory / FILE)
