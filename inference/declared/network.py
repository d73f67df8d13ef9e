"""A declared network, ready to run."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from inference.classifier import Predictions, decide, softmax
from inference.declared.declaration import LOGITS, PROBABILITIES, TENSORS, VALUES, Declaration
from inference.inputs import feed
from inference.results import Arrays, Tensors, Values
from inference.runtimes.graph import Graph
from inference.spec import Floats, Rows

FILE = "model.onnx"
_MOST_ROWS = 8192  # examples in one run, and
_MOST_BYTES = 16 << 20  # their numbers: a network's own are several times as many
_LEAST = 1e-6  # probability whose logarithm is taken: trees give 0 as well
Results = Predictions | Values | Tensors


class Network:
    """Runs a graph over whole batches. All that follows from the declaration is computed once."""

    def __init__(self, declaration: Declaration, graph: Path | bytes) -> None:
        given, outputs = declaration.input, declaration.outputs
        self._declaration = declaration
        self._name = given.name
        self._graph = Graph(graph, [output.name for output in outputs])
        self._feed = feed.of(declaration)
        self._width = math.prod(outputs[0].shape)  # of the only output
        row_bytes = math.prod(given.shape) * given.dtype.itemsize
        self._chunk = min(_MOST_ROWS, max(1, _MOST_BYTES // row_bytes)) if declaration.batched else 1
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

    def _run(self, rows: Rows) -> list[Rows]:
        if 0 < len(rows) <= self._chunk:
            return self._graph.run(self._name, self._feed(rows))
        starts = range(0, len(rows), self._chunk)
        parts = [self._graph.run(self._name, self._feed(rows[start : start + self._chunk])) for start in starts]
        if not parts:
            return [np.empty((0, *output.shape), output.dtype) for output in self._declaration.outputs]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    def _floats(self, rows: Rows) -> Floats:
        """The only output, float32 (n, m)."""
        (output,) = self._run(rows)
        return output.reshape(len(output), self._width).astype(np.float32, copy=False)

    def _classes(self, probabilities: Callable[[Floats, float], Floats], rows: Rows) -> Predictions:
        declaration = self._declaration
        return decide(probabilities(self._floats(rows), declaration.temperature), declaration.threshold)

    def score(self, rows: Rows) -> Floats:
        """Return what explanations explain, float32 (n, m): logits, logarithms of probabilities, or values."""
        found = self._floats(rows)
        return np.log(np.maximum(found, _LEAST)) if self._declaration.kind == PROBABILITIES else found

    def _values(self, rows: Rows) -> Values:
        return Values(self._floats(rows))

    def _tensors(self, rows: Rows) -> Tensors:
        return Tensors(self.arrays(rows))


def named(results: Results) -> Arrays:
    """Return the arrays that tell two results apart, by names that differ from one another and from "rows"."""
    if isinstance(results, Predictions):
        return {"probabilities": results.probabilities}
    if isinstance(results, Values):
        return {"values": results.values}
    return {f"output.{name}": array for name, array in results.arrays.items()}


def _as_they_are(probabilities: Floats, _temperature: float) -> Floats:
    return probabilities
