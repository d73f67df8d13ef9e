"""The method that covers a part of the image and looks how the answer changes."""

import torch
from torch import Tensor

from inference.explanations import windows
from inference.explanations.query import Query
from model.network import MLP
from model.pixels import PIXELS, SIDE


def occlusion(network: MLP, inputs: Tensor, target: int, _query: Query) -> Tensor:
    """How much the logit falls when a window of 4x4 is black, the mean over the windows that a pixel is in.

    inputs float32 (1, 784), 0..1; gives (1, 784).
    """
    places = windows.places(SIDE, SIDE)
    covered = inputs.reshape(1, SIDE, SIDE).repeat(len(places), 1, 1)
    for image, window in zip(covered, places, strict=True):
        image[window] = 0.0
    with torch.inference_mode():
        logits = [network(images)[:, target].cpu().numpy() for images in (inputs, covered.reshape(-1, PIXELS))]
    drops = windows.mean_drop((SIDE, SIDE), places, logits[0] - logits[1])
    return torch.from_numpy(drops).reshape(1, PIXELS)
