"""Methods that fit a linear model to what the network says of the image with patches taken away."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from inference.explanations import coalitions, surrogates
from inference.explanations.draws import Draws
from inference.explanations.query import Query
from inference.explanations.surrogates import Answer
from model.explanations import ink
from model.explanations.patches import Patches, inked
from model.network import MLP


def kernel_shap(network: MLP, inputs: Tensor, target: int, query: Query) -> Tensor:
    """Each patch's Shapley value, shared out by ink.

    inputs float32 (1, 784), 0..1; gives (1, 784).
    """
    patches = inked(inputs)
    drawn = coalitions.fair(Draws(query.seed), query.samples, len(patches.members))
    return patches.spread(torch.from_numpy(surrogates.kernel_shap(_answer(network, inputs, patches, target), drawn)))


def lime(network: MLP, inputs: Tensor, target: int, query: Query) -> Tensor:
    """Each patch's coefficient in a linear model near the image, shared out by ink.

    inputs float32 (1, 784), 0..1; gives (1, 784).
    """
    patches = inked(inputs)
    drawn = coalitions.near(Draws(query.seed), query.samples, len(patches.members))
    return patches.spread(torch.from_numpy(surrogates.lime(_answer(network, inputs, patches, target), drawn)))


def _answer(network: MLP, inputs: Tensor, patches: Patches, target: int) -> Answer:
    """From choices (n, m) to the target's logits (n,), wherever the network is."""
    found = ink.of(network, inputs)
    parts = patches.members[:, found.columns] * found.values  # (m, k): each patch's ink

    def answer(choices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        with torch.inference_mode():
            logits: npt.NDArray[np.float32] = found.forward(torch.from_numpy(choices).to(parts) @ parts).cpu().numpy()
        return logits[:, target]

    return answer
