"""Which patches stay in each sample that LIME and KernelSHAP draw, and how much a sample weighs."""

from typing import NamedTuple

import torch
from torch import Tensor

_KERNEL_WIDTH = 0.25  # of LIME's kernel over the cosine distance, as its authors have it for images
_EXACT = 1e6  # against 1, Captum's own: the whole example and the baseline must come out as they are


class Coalitions(NamedTuple):
    """n samples of m patches.

    choices  float32 (n, m): 1 where a patch stays, 0 where it is as in the baseline
    weights  float32 (n,)
    """

    choices: Tensor
    weights: Tensor


def near(count: int, patches: int) -> Coalitions:
    """LIME's: the whole example, then each patch kept by the toss of a coin.

    A sample weighs sqrt(exp(-d^2 / width^2)), d being its cosine distance from the whole (Ribeiro et al., 2016).
    """
    choices = torch.randint(0, 2, (count, patches)).float()
    choices[0] = 1.0
    distances = 1.0 - choices.mean(dim=1).sqrt()
    return Coalitions(choices, torch.exp(-((distances / _KERNEL_WIDTH) ** 2) / 2.0))


def fair(count: int, patches: int) -> Coalitions:
    """KernelSHAP's: all patches, none, then pairs of opposites. There must be two patches or more.

    A coalition's size k has probability proportional to (m - 1) / (k (m - k)), the Shapley kernel summed over all
    coalitions of that size (Lundberg and Lee, 2017, theorem 2); all of one size are equally likely and weigh the same.
    With opposites, half as many samples do (Covert and Lee, 2021).
    """
    sizes = torch.arange(1, patches)
    drawn = torch.multinomial((patches - 1) / (sizes * (patches - sizes)), (count - 1) // 2, replacement=True) + 1
    ranks = torch.rand(len(drawn), patches).argsort(dim=1).argsort(dim=1)
    chosen = (ranks < drawn[:, None]).float()
    ends = torch.stack([torch.ones(patches), torch.zeros(patches)])
    choices = torch.cat([ends, torch.stack([chosen, 1.0 - chosen], dim=1).reshape(-1, patches)])[:count]
    weights = torch.ones(count)
    weights[:2] = _EXACT
    return Coalitions(choices, weights)
