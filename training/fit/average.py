"""Moving average of the weights of a network."""

import copy
from typing import Any

import torch
from torch import Tensor, nn


class Average:
    """Exponential moving average of the weights over the training steps (Polyak and Juditsky, 1992), as a network.

    The running statistics of batch norm are averaged, too.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        self._decay = decay
        self._mine, self._theirs = _floats(self.network), _floats(network)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Add the weights after step number ``step``, counted from 0, to the average: a <- d a + (1 - d) w.

        d = min(decay, (1 + step) / (10 + step)), so that the random first weights soon lose their influence.
        """
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._mine, self._theirs, 1.0 - decay)


def _floats(network: nn.Module) -> list[Tensor]:
    state: dict[str, Any] = network.state_dict()
    return [tensor for tensor in state.values() if tensor.is_floating_point()]
