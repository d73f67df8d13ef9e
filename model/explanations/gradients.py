"""Methods that average the gradient between black paper and the image."""

import numpy as np

from inference.explanations.query import Query
from inference.spec import Floats
from model.explanations.ink import Ink

_NOISE = 0.05  # standard deviation of a pixel, 0..1: averages out single weights but keeps strokes


def integrated_gradients(ink: Ink, target: int, query: Query) -> Floats:
    """Return (x - x') times the mean gradient between x' = black and x, (784,) (Sundararajan et al., 2017, equation 1).

    The samples are the midpoints of equal steps. A rule for smooth functions would not be better, because the network
    is piecewise linear.
    """
    steps = ((np.arange(query.samples) + 0.5) / query.samples).astype(np.float32)
    gradients = ink.network.gradients(steps[:, None] * ink.values, target)
    return ink.expand(ink.values * gradients.mean(axis=0))


def gradient_shap(ink: Ink, target: int, query: Query) -> Floats:
    """Return the same product, averaged over random points between black and noisy images, (784,).

    Sources: Lundberg and Lee, 2017; Erion et al., 2021.
    """
    random = np.random.RandomState(query.seed)
    noisy = ink.values + random.normal(0.0, _NOISE, (query.samples, len(ink.values))).astype(np.float32)
    steps = random.uniform(size=(query.samples, 1)).astype(np.float32)
    return ink.expand((noisy * ink.network.gradients(steps * noisy, target)).mean(axis=0))
