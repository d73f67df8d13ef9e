"""The method that covers a part of the image and looks how the answer changes."""

from captum.attr import Occlusion
from torch import Tensor

from inference.explanations.query import Query
from model.network import MLP
from model.pixels import PIXELS, SIDE

_WINDOW, _STRIDE = 4, 2  # pixels: 13 x 13 places


def occlusion(network: MLP, inputs: Tensor, target: int, query: Query) -> Tensor:
    """How much the logit falls when a window of 4x4 is black, the mean over the windows that a pixel is in.

    inputs float32 (1, 784), 0..1; gives (1, 784) (Zeiler and Fergus, 2014).
    """
    method = Occlusion(lambda images: network(images.reshape(-1, PIXELS)))
    found: Tensor = method.attribute(
        inputs.reshape(1, SIDE, SIDE),
        sliding_window_shapes=(_WINDOW, _WINDOW),
        strides=(_STRIDE, _STRIDE),
        target=target,
        perturbations_per_eval=query.samples,
    )
    return found.reshape(1, PIXELS)
