"""Optimizers of a preset."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from training.eager import eager
from training.fit.presets import Preset


@dataclass(frozen=True)
class Stepper:
    """An optimizer and what goes with each of its steps.

    matrices      the weight matrices, which alone are decayed
    weight_decay  what the optimizer itself does not do
    """

    optimizer: Optimizer
    matrices: Sequence[Tensor]
    weight_decay: float

    def step(self, rate: float) -> None:
        """One step at the learning rate ``rate``; first, w <- w - rate * weight_decay * w."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if self.weight_decay:
            with torch.no_grad():
                torch._foreach_mul_(list(self.matrices), 1.0 - rate * self.weight_decay)
        self.optimizer.step()


def of(network: nn.Module, preset: Preset) -> Stepper:
    """The preset's optimizer over all of the network's parameters.

    AdamW and the decay apart from the gradient: Loshchilov and Hutter (2019). Adam: Kingma and Ba (2015).
    """
    matrices = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim < 2]
    if preset.optimizer == "adamw":  # decays by itself, in the same pass over the weights
        groups = [{"params": matrices, "weight_decay": preset.weight_decay}, {"params": others, "weight_decay": 0.0}]
        return Stepper(eager(torch.optim.AdamW)(groups, lr=preset.learning_rate, fused=True), matrices, 0.0)
    plain = [*matrices, *others]
    if preset.optimizer == "adam":
        adam = eager(torch.optim.Adam)(plain, lr=preset.learning_rate, fused=True)
        return Stepper(adam, matrices, preset.weight_decay)
    sgd = eager(torch.optim.SGD)(plain, lr=preset.learning_rate, momentum=preset.momentum, fused=True)
    return Stepper(sgd, matrices, preset.weight_decay)
