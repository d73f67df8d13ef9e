"""An ONNX graph with names of its own, on one thread."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime

from inference.spec import Rows

# What ONNX Runtime writes before its message: a code, and at times a place in its source.
_PLACE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:/\S+:\d+ .*?\) (?=[A-Z]))?")
_ERRORS = 3  # severity: each line that a worker prints is parsed by TorchServe


class Graph:
    """A session that computes some of a graph's outputs. Raises ValueError if ONNX Runtime cannot load the graph."""

    def __init__(self, graph: Path | bytes, outputs: Sequence[str]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # as torch's in a worker
        options.log_severity_level = _ERRORS
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # classes of its own, none of which it exports
            raise ValueError(f"ONNX Runtime cannot load the graph: {_PLACE.sub('', str(error))}") from error
        self._outputs = list(outputs)

    def run(self, name: str, numbers: Rows) -> list[Any]:
        """Return the outputs for the input ``name``."""
        results: list[Any] = self._session.run(self._outputs, {name: numbers})
        return results

    def run_all(self, feeds: Mapping[str, Rows]) -> list[Any]:
        """Return the outputs for several inputs by name."""
        results: list[Any] = self._session.run(self._outputs, feeds)
        return results
