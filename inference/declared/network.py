"""Network of a declared model, ready to run."""

import math
from pathlib import Path

import numpy as np

from inference import cores
from inference.classifier import decide, softmax
from inference.declared.declaration import LOGITS, PROBABILITIES, TENSORS, VALUES, Declaration
from inference.declared.runner import Runner
from inference.golden import Results
from inference.results import Arrays, Tensors, Values
from inference.runtimes.graph import Graph
from inference.spec import Floats, Rows

FILE = "model.onnx"
_LEAST = 1e-6  # smallest probability before the logarithm: trees also return 0


class Network:
    """Runs a graph on whole batches."""

    def __init__(self, declaration: Declaration, graph: Path | bytes) -> None:
        outputs = declaration.outputs
        self._declaration = declaration
        self._names = [output.name for output in outputs]
        self._axes = {output.name: output.axis for output in outputs if output.axis}
        self._width = math.prod(outputs[0].shape)  # numbers per example, if there is one output
        self._run = Runner(declaration, Graph(graph, self._names).run, cores.available())

    def predict(self, rows: Rows) -> Results:
        """Predict n >= 0 examples."""
        declaration = self._declaration
        if declaration.kind == TENSORS:
            return Tensors(self.arrays(rows), self._axes)
        floats = self._floats(rows)
        if declaration.kind == VALUES:
            return Values(floats)
        probabilities = softmax(floats, declaration.temperature) if declaration.kind == LOGITS else floats
        return decide(probabilities, declaration.threshold)

    def arrays(self, rows: Rows) -> Arrays:
        """Return the outputs of the graph for n >= 0 examples, each (n, ...)."""
        return dict(zip(self._names, self._run(rows), strict=True))

    def score(self, rows: Rows) -> Floats:
        """Return the scores for explanations, float32 (n, m): logits, logarithms of probabilities, or values."""
        scores = self._floats(rows)
        return np.log(np.maximum(scores, _LEAST)) if self._declaration.kind == PROBABILITIES else scores

    def _floats(self, rows: Rows) -> Floats:
        """Return the only output, float32 (n, m)."""
        (output,) = self._run(rows)
        return output.reshape(len(output), self._width).astype(np.float32, copy=False)
