"""ONNX graph with any names of inputs and outputs, on one thread."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.errors import InvalidNumbers
from inference.spec import Rows

# Text that ONNX Runtime writes before its message: a code, and sometimes a place in its source.
_PLACE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:/\S+:\d+ .*?\) (?=[A-Z]))?")
# Text that ONNX Runtime writes before the reason of a failed run.
_RUN = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:.*Status Message: )?(?:\S+\.(?:h|cc):\d+ (?:.*?\) )?)?")
_MOST_SHOWN = 200  # characters of a reason
_FATAL = 4  # severity of logged messages; errors are raised anyway, and TorchServe would parse each logged line


class UnloadableGraphError(ValueError):
    """Error: ONNX Runtime cannot load the graph."""


class Graph:
    """Session that computes the given outputs of a graph. Raises UnloadableGraphError."""

    def __init__(self, graph: Path | bytes, outputs: Sequence[str]) -> None:
        import onnxruntime  # noqa: PLC0415 - the node process reads declarations without running a graph

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # as for torch in a worker
        options.log_severity_level = _FATAL
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime does not export its exception classes
            reason = _PLACE.sub("", " ".join(str(error).split()))
            raise UnloadableGraphError(f"ONNX Runtime cannot load the graph: {reason}") from error
        self._outputs = list(outputs)

    def run(self, feeds: Mapping[str, Rows]) -> list[Any]:
        """Return the outputs for inputs by name.

        Raises InvalidNumbers for values or shapes that the graph cannot process, such as an index out of range.
        """
        try:
            results: list[Any] = self._session.run(self._outputs, feeds)
        except Exception as error:  # the graph has run on other inputs, so these inputs are the cause
            reason = _RUN.sub("", " ".join(str(error).split()))
            message = f"the network cannot compute this: {reason:.{_MOST_SHOWN}}"
            raise InvalidNumbers(message, "send values and shapes that the network accepts") from error
        return results
