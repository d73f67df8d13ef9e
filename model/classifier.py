"""A loaded bundle that predicts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from model.bundle import Bundle
from model.pixels import Images, to_input

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

    def split(self, counts: list[int]) -> Iterator["Predictions"]:
        """Cut into consecutive runs of the given lengths, which add up to n."""
        start = 0
        for count in counts:
            part = slice(start, start + count)
            yield Predictions(self.digits[part], self.confidences[part], self.accepted[part], self.probabilities[part])
            start += count


class Classifier:
    """Predicts digits with one bundle on one device."""

    def __init__(self, bundle: Bundle, device: torch.device | str = "cpu") -> None:
        self.bundle = bundle
        self._device = torch.device(device)
        self._network = bundle.network.to(self._device)

    def predict(self, images: Images) -> Predictions:
        """Classify uint8 (n, 28, 28), white ink on black, n >= 0.

        Probabilities are softmax(logits / temperature) (Guo et al., 2017); a black image is never accepted.
        """
        parts = [self._probabilities(images[start : start + _CHUNK]) for start in range(0, len(images), _CHUNK)]
        probabilities = np.concatenate(parts) if parts else np.empty((0, 10), dtype=np.float32)
        digits = probabilities.argmax(axis=1)
        confidences = probabilities.max(axis=1)
        accepted = (confidences >= self.bundle.metadata.threshold) & images.any(axis=(1, 2))
        return Predictions(digits, confidences, accepted, probabilities)

    @torch.inference_mode()
    def _probabilities(self, images: Images) -> npt.NDArray[np.float32]:
        logits = self._network(to_input(images, self._device)) / self.bundle.metadata.temperature
        probabilities: npt.NDArray[np.float32] = torch.softmax(logits, dim=1).cpu().numpy()
        return probabilities
