"""Classifier that predicts with a loaded bundle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference import runtimes
from inference.bundle import Bundle
from inference.spec import Floats, Mask, ModelSpec, Rows

_CHUNK = 8192  # examples in one forward pass: enough to fill any core


@dataclass(frozen=True)
class Predictions:
    """Outputs of the network for n examples.

    classes        int64 (n,), indices of labels
    confidences    float32 (n,), the probability of that class, 0..1
    accepted       bool (n,), True if the confidence is at least the threshold of the bundle
    probabilities  float32 (n, labels), rows sum to 1
    """

    classes: npt.NDArray[np.int64]
    confidences: Floats
    accepted: Mask
    probabilities: Floats


class Classifier:
    """Classifier with the weights of one bundle. It runs in ``runtime`` if given, else in PyTorch on ``device``."""

    def __init__(self, bundle: Bundle, device: str = "cpu", runtime: runtimes.Runtime | None = None) -> None:
        self.bundle = bundle
        self._runtime = runtime or runtimes.in_memory("eager", bundle, device)
        self._is_acceptable = bundle.spec.preprocessing.is_acceptable

    @property
    def spec(self) -> ModelSpec:
        return self.bundle.spec

    @property
    def sha256(self) -> str:
        return self.bundle.sha256

    @property
    def card(self) -> Mapping[str, Any]:
        return self.bundle.metadata.as_dict()

    def predict(self, rows: Rows) -> Predictions:
        """Classify n >= 0 examples (n, *shape) in the dtype of the input."""
        metadata = self.bundle.metadata
        predictions = decide(softmax(self._logits(rows), metadata.temperature), metadata.threshold)
        if self._is_acceptable is not None:
            np.logical_and(predictions.accepted, self._is_acceptable(rows), out=predictions.accepted)
        return predictions

    def _logits(self, rows: Rows) -> Floats:
        if 0 < len(rows) <= _CHUNK:
            return self._runtime.logits(rows)
        parts = [self._runtime.logits(rows[start : start + _CHUNK]) for start in range(0, len(rows), _CHUNK)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.bundle.labels)), dtype=np.float32)


def softmax(logits: Floats, temperature: float) -> Floats:
    """Return softmax(logits / temperature) (Guo et al., 2017), float32 (n, labels). Plain numpy is the fastest here."""
    scaled = logits / temperature
    scaled -= np.maximum.reduce(scaled, axis=1, keepdims=True)  # so that exp cannot overflow
    np.exp(scaled, out=scaled)
    scaled /= np.add.reduce(scaled, axis=1, keepdims=True)
    return scaled


def decide(probabilities: Floats, threshold: float) -> Predictions:
    """Return the most probable class of each example. It is accepted if its probability is at least ``threshold``."""
    classes = probabilities.argmax(axis=1)
    confidences = np.maximum.reduce(probabilities, axis=1)  # faster than max, which calls it from Python code
    return Predictions(classes, confidences, confidences >= threshold, probabilities)
