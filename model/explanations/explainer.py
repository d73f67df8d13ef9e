"""Attributions of one image by any of the methods."""

import importlib
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from inference.errors import NotSupported
from inference.explanations.caption import Caption
from inference.explanations.explanation import Explanation
from inference.explanations.query import Query
from model.explanations import picture
from model.pixels import SIDE, Images

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from inference.bundle import Bundle
    from model.network import MLP

_MODULES = {
    "integrated_gradients": "gradients",
    "gradient_shap": "gradients",
    "kernel_shap": "surrogates",
    "lime": "surrogates",
    "occlusion": "occlusion",
}


class Explainer:
    """Explains the float network of a bundle, whatever runtime serves it: gradients need PyTorch's.

    Builds the network and imports Captum when it is first asked. Keeps torch to one thread, as a worker does best.
    """

    def __init__(self, bundle: "Bundle", device: str = "cpu") -> None:
        self._bundle = bundle
        self._device = device

    def explain(self, image: Images, target: int, query: Query) -> Explanation:
        """Attribute the logit of the digit ``target``, 0..9, to the pixels of uint8 (28, 28).

        A pixel that is taken away is black: black paper is what every method compares with. The same image, target,
        method, samples and seed give the same attributions on the same machine.
        Raises NotSupported if PyTorch or Captum is not installed.
        """
        attribute, network = _function(query.method), self._network
        import torch  # noqa: PLC0415 - a worker that only predicts does without it

        inputs = torch.from_numpy(image.reshape(1, -1).astype(np.float32) / np.float32(255.0)).to(self._device)
        attributions = attribute(network, inputs, target, query)  # (1, 784)
        with torch.inference_mode():
            logits = network(torch.cat([inputs, torch.zeros_like(inputs)]))[:, target].tolist()
        shares = attributions.detach().cpu().numpy().astype(np.float32).reshape(SIDE, SIDE)
        return Explanation(shares + np.float32(0.0), *logits)  # no zero with a sign

    def seconds(self, _query: Query) -> float:
        """Account for nothing: the most samples take a few hundredths of a second."""
        return 0.0

    def draw(self, row: Images, explanation: Explanation, caption: Caption) -> bytes:
        """Return the explanation of an image as a PNG file."""
        return picture.draw(row, explanation, caption)

    @cached_property
    def _network(self) -> "MLP":
        import torch  # noqa: PLC0415

        torch.set_num_threads(1)
        on_gpu = self._device != "cpu" and torch.cuda.is_available()
        self._device = self._device if on_gpu else "cpu"
        return cast("MLP", self._bundle.network.to(self._device))


def _function(method: str) -> "Callable[[MLP, Tensor, int, Query], Tensor]":
    """The method's function, with Captum imported for it."""
    try:
        module = importlib.import_module(f"model.explanations.{_MODULES[method]}")
    except ImportError as error:
        missing = f"explanations need {error.name}, which is not installed where this runs"
        raise NotSupported(missing, "the operator can install requirements/explain.txt") from error
    function: Callable[[MLP, Tensor, int, Query], Tensor] = getattr(module, method)
    return function
