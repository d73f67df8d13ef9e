"""ONNX Runtime on one thread. Its package comes with requirements/onnx.txt and is imported by this format alone."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from inference.bundle import Bundle
from model.pixels import Images

FILE = "model.onnx"
INPUT = "images"  # uint8 (n, 28, 28)
OUTPUT = "logits"  # float32 (n, 10)


class Onnx:
    """A graph from the file ``path``."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # as torch's in a worker
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def logits(self, images: Images) -> npt.NDArray[np.float32]:
        """uint8 (n, 28, 28) to float32 (n, 10)."""
        logits: npt.NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: images})[0]
        return logits


def load(directory: Path, _bundle: Bundle, _device: str) -> Onnx:
    return Onnx(directory / FILE)
