"""Methods that follow the gradient from black paper to the image."""

from captum.attr import GradientShap, IntegratedGradients
from torch import Tensor, nn

from model.explanations.query import Query
from model.explanations.seeds import seeded

_NOISE = 0.05  # standard deviation of a pixel, 0..1: hides single weights, and no stroke


def integrated_gradients(network: nn.Module, inputs: Tensor, target: int, query: Query) -> Tensor:
    """(x - x') times the mean gradient on the way from x' = black to x (Sundararajan et al., 2017, equation 1).

    inputs float32 (1, 784), 0..1; gives (1, 784). ``samples`` points in the middle of equal steps: the network is
    linear in pieces, so that a rule for smooth functions gains nothing.
    """
    found: Tensor = IntegratedGradients(network).attribute(
        inputs, target=target, n_steps=query.samples, method="riemann_middle"
    )
    return found


def gradient_shap(network: nn.Module, inputs: Tensor, target: int, query: Query) -> Tensor:
    """The same expectation over random points of the way and noisy images (Lundberg and Lee, 2017; Erion et al., 2021).

    inputs float32 (1, 784), 0..1; gives (1, 784).
    """
    with seeded(query.seed):
        found: Tensor = GradientShap(network).attribute(
            inputs, baselines=inputs.new_zeros(inputs.shape), target=target, n_samples=query.samples, stdevs=_NOISE
        )
    return found
