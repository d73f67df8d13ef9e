"""Explainer of digits with all methods."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from inference.explanations.caption import Caption
from inference.explanations.explanation import Explanation
from inference.explanations.query import Query, SampleLimits
from inference.spec import Floats
from model.explanations import gradients, occlusion, picture, surrogates
from model.explanations.ink import Ink
from model.explanations.perceptron import Perceptron
from model.pixels import SIDE, Images

if TYPE_CHECKING:
    from inference.bundle import Bundle

METHODS = {
    "integrated_gradients": SampleLimits(256, 16, 1024),
    "gradient_shap": SampleLimits(128, 16, 512),
    "kernel_shap": SampleLimits(512, 64, 2048),
    "lime": SampleLimits(512, 64, 2048),
    "occlusion": SampleLimits(169, 169, 169),  # number of places of the window
}
_METHODS: dict[str, Callable[[Ink, int, Query], Floats]] = {
    "integrated_gradients": gradients.integrated_gradients,
    "gradient_shap": gradients.gradient_shap,
    "kernel_shap": surrogates.kernel_shap,
    "lime": surrogates.lime,
    "occlusion": occlusion.occlusion,
}


class DigitsExplainer:
    """Explainer of the network of a bundle, in NumPy, independent of the serving runtime."""

    def __init__(self, bundle: "Bundle", _device: str = "cpu") -> None:
        self._bundle = bundle

    def explain(self, image: Images, target: int, query: Query) -> Explanation:
        """Attribute the logit of the digit ``target``, 0..9, to the pixels of uint8 (28, 28).

        A removed pixel is black: every method compares the image with black paper. Equal images, targets and queries
        have equal attributions on the same machine.
        """
        pixels = image.reshape(-1).astype(np.float32) / np.float32(255.0)  # (784,)
        ink = Ink.of(self._network, pixels)
        score, base = ink.network.logits(np.stack([ink.values, np.zeros_like(ink.values)]))[:, target].tolist()
        shares = _METHODS[query.method](ink, target, query).reshape(SIDE, SIDE)
        return Explanation(shares + np.float32(0.0), score, base)  # turns -0.0 into 0.0

    def seconds(self, _query: Query) -> float:
        """Return 0: even the largest number of samples takes only a few hundredths of a second."""
        return 0.0

    def draw(self, row: Images, explanation: Explanation, caption: Caption) -> bytes:
        """Return the explanation of an image as a PNG file."""
        return picture.draw(row, explanation, caption)

    @cached_property
    def _network(self) -> Perceptron:
        """Return the network, made for the first explanation, so that other workers save the memory."""
        return Perceptron.of(self._bundle.parameters)
