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
    """Optimizer with weight decay.

    matrices      weight matrices; only they decay
    weight_decay  decay that ``step`` adds; 0 if the optimizer has its own
    """

    optimizer: Optimizer
    matrices: Sequence[Tensor]
    weight_decay: float

    def step(self, rate: float) -> None:
        """Take one step at the learning rate ``rate``. Before it, w <- w - rate * weight_decay * w."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if self.weight_decay:
            with torch.no_grad():
                torch._foreach_mul_(list(self.matrices), 1.0 - rate * self.weight_decay)
        self.optimizer.step()


def of(network: nn.Module, preset: Preset) -> Stepper:
    """Return the optimizer of a preset for all parameters of the network.

    AdamW and decoupled weight decay: Loshchilov and Hutter (2019). Adam: Kingma and Ba (2015).
    """
    matrices = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim < 2]
    if preset.optimizer == "adamw":  # decays the weights in the same pass as its step
        groups = [{"params": matrices, "weight_decay": preset.weight_decay}, {"params": others, "weight_decay": 0.0}]
        return Stepper(eager(torch.optim.AdamW)(groups, lr=preset.learning_rate, fused=True), matrices, 0.0)
    plain = [*matrices, *others]
    if preset.optimizer == "adam":
        adam = eager(torch.optim.Adam)(plain, lr=preset.learning_rate, fused=True)
        return Stepper(adam, matrices, preset.weight_decay)
    sgd = eager(torch.optim.SGD)(plain, lr=preset.learning_rate, momentum=preset.momentum, fused=True)
    return Stepper(sgd, matrices, preset.weight_decay)
