"""Methods that fit a linear model to what the network says of the image with patches taken away.

To Captum the input is a choice of patches: ones for the image, zeros for black paper. It asks for samples one by one;
here they are drawn beforehand, answered in one forward pass, and the model is solved in closed form.
"""

from collections.abc import Callable, Iterator

import torch
from captum.attr import KernelShap, Lime
from torch import Tensor

from inference.explanations import coalitions
from inference.explanations.coalitions import Coalitions
from inference.explanations.linear import Linear
from inference.explanations.query import Query
from model.explanations import ink
from model.explanations.patches import Patches, inked
from model.explanations.seeds import seeded
from model.network import MLP

_RIDGE = 0.01  # steadies LIME's fit where samples are few, and is a thousandth of what they weigh


class _KernelShap(KernelShap):  # type: ignore[misc]  # Captum has no types
    """Captum's, with other coalitions and another way to solve."""

    def __init__(self, forward: Callable[[Tensor], Tensor], drawn: Coalitions) -> None:
        Lime.__init__(self, forward, Linear(), _weigher(drawn), _drawer(drawn))


def kernel_shap(network: MLP, inputs: Tensor, target: int, query: Query) -> Tensor:
    """Each patch's Shapley value, shared out by ink (Lundberg and Lee, 2017). Their sum is what is to be explained.

    inputs float32 (1, 784), 0..1; gives (1, 784).
    """
    patches = inked(inputs)
    count = len(patches.members)
    if count < 2:  # one patch is all there is to explain, and none is nothing
        change = network(inputs) - network(torch.zeros_like(inputs))
        return patches.spread(change[0, target].expand(count))
    with seeded(query.seed):
        drawn = coalitions.fair(query.samples, count)
    return patches.spread(_attributed(_KernelShap(_forward(network, inputs, patches), drawn), drawn, target))


def lime(network: MLP, inputs: Tensor, target: int, query: Query) -> Tensor:
    """Each patch's coefficient in a linear model near the image, shared out by ink (Ribeiro et al., 2016).

    inputs float32 (1, 784), 0..1; gives (1, 784).
    """
    patches = inked(inputs)
    if not len(patches.members):
        return torch.zeros_like(inputs)
    with seeded(query.seed):
        drawn = coalitions.near(query.samples, len(patches.members))
    method = Lime(_forward(network, inputs, patches), Linear(_RIDGE), _weigher(drawn), _drawer(drawn))
    return patches.spread(_attributed(method, drawn, target))


def _attributed(method: Lime, drawn: Coalitions, target: int) -> Tensor:
    """A value for each patch, float64 (m,)."""
    samples, count = drawn.choices.shape
    method.from_interp_rep_transform = _as_it_is
    found: Tensor = method.attribute(
        torch.ones(1, count),
        baselines=torch.zeros(1, count),
        target=target,
        n_samples=samples,
        perturbations_per_eval=samples,
        return_input_shape=False,
    )
    return found.reshape(-1)


def _forward(network: MLP, inputs: Tensor, patches: Patches) -> Callable[[Tensor], Tensor]:
    """From choices (n, m) to logits (n, 10), both on the CPU, wherever the network is."""
    found = ink.of(network, inputs)
    parts = patches.members[:, found.columns] * found.values  # (m, k): each patch's ink

    def forward(choices: Tensor) -> Tensor:
        return found.forward(choices.to(parts) @ parts).cpu()

    return forward


def _drawer(drawn: Coalitions) -> Callable[..., Iterator[Tensor]]:
    def draw(_original: Tensor, **_: object) -> Iterator[Tensor]:
        yield from torch.split(drawn.choices, 1)

    return draw


def _weigher(drawn: Coalitions) -> Callable[..., Tensor]:
    """Captum asks for the weights in the order of the samples."""
    weights = iter(torch.split(drawn.weights, 1))

    def weigh(*_: object, **__: object) -> Tensor:
        return next(weights)

    return weigh


def _as_it_is(choice: Tensor, _original: Tensor, **_: object) -> Tensor:
    return choice
