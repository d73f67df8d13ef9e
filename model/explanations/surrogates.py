"""Methods that fit a linear model to the outputs of the network for the image without some patches."""

import numpy as np
import numpy.typing as npt

from inference.explanations import coalitions, surrogates
from inference.explanations.draws import Draws
from inference.explanations.query import Query
from inference.explanations.surrogates import Answer
from inference.spec import Floats
from model.explanations.ink import Ink
from model.explanations.patches import Patches


def kernel_shap(ink: Ink, target: int, query: Query) -> Floats:
    """Return the Shapley value of each patch, divided among its pixels by ink, (784,)."""
    patches = Patches.of(ink)
    drawn = coalitions.shap_samples(Draws(query.seed), query.samples, len(patches.members))
    return ink.expand(patches.spread(surrogates.kernel_shap(_answer(ink, patches, target), drawn)))


def lime(ink: Ink, target: int, query: Query) -> Floats:
    """Return the coefficient of each patch in a linear model, divided among its pixels by ink, (784,)."""
    patches = Patches.of(ink)
    drawn = coalitions.lime_samples(Draws(query.seed), query.samples, len(patches.members))
    return ink.expand(patches.spread(surrogates.lime(_answer(ink, patches, target), drawn)))


def _answer(ink: Ink, patches: Patches, target: int) -> Answer:
    """Return the function from choices (n, m) to logits (n,) of the target."""
    parts = patches.members * ink.values  # (m, k): ink of each patch

    def answer(choices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return ink.network.logits(choices @ parts)[:, target]

    return answer
