"""An ONNX graph with names of its own, on one thread."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.errors import InvalidNumbers
from inference.spec import Rows

# What ONNX Runtime writes before its message: a code, and at times a place in its source.
_PLACE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:/\S+:\d+ .*?\) (?=[A-Z]))?")
# What it writes before the reason for which a run failed.
_RUN = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:.*Status Message: )?(?:\S+\.(?:h|cc):\d+ (?:.*?\) )?)?")
_MOST_SHOWN = 200  # characters of a reason
_FATAL = 4  # severity: errors are raised, and each line that a worker prints is parsed by TorchServe


class UnloadableGraphError(ValueError):
    """Graph that ONNX Runtime cannot load."""


class Graph:
    """A session that computes some of a graph's outputs. Raises UnloadableGraphError."""

    def __init__(self, graph: Path | bytes, outputs: Sequence[str]) -> None:
        import onnxruntime  # noqa: PLC0415 - a node reads declarations, and runs no graph

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # as torch's in a worker
        options.log_severity_level = _FATAL
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # classes of its own, none of which it exports
            reason = _PLACE.sub("", " ".join(str(error).split()))
            raise UnloadableGraphError(f"ONNX Runtime cannot load the graph: {reason}") from error
        self._outputs = list(outputs)

    def run(self, feeds: Mapping[str, Rows]) -> list[Any]:
        """Return the outputs for inputs by name.

        Raises InvalidNumbers for values or shapes that the graph does not take, as an index out of range.
        """
        try:
            results: list[Any] = self._session.run(self._outputs, feeds)
        except Exception as error:  # the graph has answered others: it is these inputs that it fails on
            reason = _RUN.sub("", " ".join(str(error).split()))
            message = f"the network cannot compute this: {reason:.{_MOST_SHOWN}}"
            raise InvalidNumbers(message, "send values and shapes that the network takes") from error
        return results
