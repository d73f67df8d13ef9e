"""A declared network, ready to run."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inference.classifier import Predictions, decide, softmax
from inference.declared.declaration import LOGITS, PROBABILITIES, TENSORS, VALUES, Declaration, Tensor
from inference.declared.runner import MOST_BYTES, MOST_ROWS, Runner
from inference.declared.shares import Shares
from inference.inputs import feed
from inference.inputs.named import FREE, NamedInput
from inference.results import Arrays, Tensors, Values
from inference.runtimes.graph import Graph
from inference.spec import Floats, Rows

FILE = "model.onnx"
_LEAST = 1e-6  # probability whose logarithm is taken: trees give 0 as well
Results = Predictions | Values | Tensors


class Network:
    """Runs a graph over whole batches. All that follows from the declaration is computed once."""

    def __init__(self, declaration: Declaration, graph: Path | bytes) -> None:
        outputs = declaration.outputs
        self._declaration = declaration
        self._axes = {output.name: output.axis for output in outputs if output.axis}
        self._width = math.prod(outputs[0].shape)  # of the only output
        session = Graph(graph, [output.name for output in outputs])
        self._run: Callable[[Rows], Sequence[Rows]]
        if inputs := named_inputs(declaration):
            self._run = Runner(inputs, outputs, session.run_all, batched=declaration.batched)
        else:
            self._run = _Rows(declaration, session).run
        kinds: Mapping[str, Callable[[Rows], Results]] = {
            LOGITS: partial(self._classes, softmax),
            PROBABILITIES: partial(self._classes, _as_they_are),
            VALUES: self._values,
            TENSORS: self._tensors,
        }
        self.predict = kinds[declaration.kind]

    def arrays(self, rows: Rows) -> Arrays:
        """Return the graph's outputs for n >= 0 examples, each (n, ...)."""
        names = [output.name for output in self._declaration.outputs]
        return dict(zip(names, self._run(rows), strict=True))

    def _floats(self, rows: Rows) -> Floats:
        """The only output, float32 (n, m)."""
        (output,) = self._run(rows)
        return output.reshape(len(output), self._width).astype(np.float32, copy=False)

    def _classes(self, probabilities: Callable[[Floats, float], Floats], rows: Rows) -> Predictions:
        declaration = self._declaration
        return decide(probabilities(self._floats(rows), declaration.temperature), declaration.threshold)

    def score(self, rows: Rows) -> Floats:
        """Return what explanations explain, float32 (n, m): logits, logarithms of probabilities, or values."""
        scores = self._floats(rows)
        return np.log(np.maximum(scores, _LEAST)) if self._declaration.kind == PROBABILITIES else scores

    def _values(self, rows: Rows) -> Values:
        return Values(self._floats(rows))

    def _tensors(self, rows: Rows) -> Tensors:
        return Tensors(self.arrays(rows), self._axes)


class _Rows:
    """Runs a graph whose only input is numbers of a fixed shape."""

    def __init__(self, declaration: Declaration, session: Graph) -> None:
        given = declaration.input
        self._outputs = declaration.outputs
        self._name = given.name
        self._graph = session
        self._feed = feed.of(declaration)
        row_bytes = math.prod(given.shape) * given.dtype.itemsize
        most = min(MOST_ROWS, max(1, MOST_BYTES // row_bytes)) if declaration.batched else 1
        self._shares = Shares(most)

    def run(self, rows: Rows) -> Sequence[Rows]:
        parts = self._shares.run(lambda part: self._graph.run(self._name, self._feed(rows[part])), len(rows))
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return [np.empty((0, *output.shape), output.dtype) for output in self._outputs]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]


def named_inputs(declaration: Declaration) -> tuple[NamedInput, ...]:
    """Return the inputs that requests send by name; none if there is one that needs no name."""
    return tuple(named_input(tensor, declaration.defaults) for tensor in declaration.inputs)


def named_input(tensor: Tensor, defaults: Mapping[str, Any]) -> NamedInput:
    """Return an input. A default with one value fills the whole example."""
    default = None
    if tensor.name in defaults:
        default = np.array(defaults[tensor.name], tensor.dtype)
        default = default if FREE in tensor.shape or default.ndim else np.full(tensor.shape, default)
    return NamedInput(tensor.name, tensor.datatype, tensor.dtype, tensor.shape, tensor.axis, default)


def named(results: Results) -> Arrays:
    """Return the arrays that tell two results apart, by names that differ from one another and from "rows"."""
    if isinstance(results, Predictions):
        return {"probabilities": results.probabilities}
    if isinstance(results, Values):
        return {"values": results.values}
    return {f"output.{name}": array for name, array in results.arrays.items()}


def _as_they_are(probabilities: Floats, _temperature: float) -> Floats:
    return probabilities
