"""A loaded bundle that predicts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference import runtimes
from inference.bundle import Bundle
from model.pixels import PIXELS, Images

CLASSES = 10
_CHUNK = 8192  # images in one forward pass: enough to fill any core, 26 MB as float32


@dataclass(frozen=True)
class Predictions:
    """What the network says of n images.

    digits         int64 (n,), 0..9
    confidences    float32 (n,), the probability of that digit, 0..1
    accepted       bool (n,), whether the confidence reaches the bundle's threshold
    probabilities  float32 (n, 10), rows sum to 1
    """

    digits: npt.NDArray[np.int64]
    confidences: npt.NDArray[np.float32]
    accepted: npt.NDArray[np.bool_]
    probabilities: npt.NDArray[np.float32]


class Classifier:
    """Predicts digits with one bundle, by the given runtime or else PyTorch on ``device``."""

    def __init__(self, bundle: Bundle, device: str = "cpu", runtime: runtimes.Runtime | None = None) -> None:
        self.bundle = bundle
        self._runtime = runtime or runtimes.in_memory("eager", bundle, device)

    def predict(self, images: Images) -> Predictions:
        """Classify uint8 (n, 28, 28), white ink on black, n >= 0.

        Probabilities are softmax(logits / temperature) (Guo et al., 2017); a black image is never accepted.
        """
        probabilities = self._probabilities(images)
        digits = probabilities.argmax(axis=1)
        confidences = probabilities.max(axis=1)
        inked = images.reshape(len(images), PIXELS).any(axis=1)
        return Predictions(digits, confidences, (confidences >= self.bundle.metadata.threshold) & inked, probabilities)

    def _probabilities(self, images: Images) -> npt.NDArray[np.float32]:
        """float32 (n, 10). Plain numpy, for a tensor costs more than ten numbers do."""
        scaled = self._logits(images) / self.bundle.metadata.temperature
        scaled -= scaled.max(axis=1, keepdims=True)  # so that exp cannot overflow
        np.exp(scaled, out=scaled)
        scaled /= scaled.sum(axis=1, keepdims=True)
        return scaled

    def _logits(self, images: Images) -> npt.NDArray[np.float32]:
        if 0 < len(images) <= _CHUNK:
            return self._runtime.logits(images)
        parts = [self._runtime.logits(images[start : start + _CHUNK]) for start in range(0, len(images), _CHUNK)]
        return np.concatenate(parts) if parts else np.empty((0, CLASSES), dtype=np.float32)
