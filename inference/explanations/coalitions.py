"""The parts of an example that stay in each sample that LIME and KernelSHAP draw, and how much a sample weighs."""

from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inference.explanations.draws import Draws

_KERNEL_WIDTH = 0.25  # of LIME's kernel over the cosine distance, as its authors have it for images
_EXACT = 1e6  # against 1: the whole example and the baseline must come out as they are


class Coalitions(NamedTuple):
    """n samples of m parts.

    choices  float32 (n, m): 1 where a part stays, 0 where it is as in the baseline
    weights  float64 (n,)
    """

    choices: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float64]


def lime_samples(draws: Draws, count: int, parts: int) -> Coalitions:
    """LIME's: the whole example, then each part kept by the toss of a coin.

    A sample weighs sqrt(exp(-d^2 / width^2)), d being its cosine distance from the whole (Ribeiro et al., 2016).
    """
    choices = draws.tosses(count, parts)
    choices[0] = 1.0
    left = choices.sum(axis=1) / np.float32(max(parts, 1))
    distances = 1.0 - np.sqrt(left)
    return Coalitions(choices, np.exp(-((distances / _KERNEL_WIDTH) ** 2) / 2.0))


def shap_samples(draws: Draws, count: int, parts: int) -> Coalitions:
    """KernelSHAP's: all parts, none, then pairs of opposites.

    A coalition's size k has probability proportional to (m - 1) / (k (m - k)), the Shapley kernel summed over all
    coalitions of that size (Lundberg and Lee, 2017, theorem 2); all of one size are equally likely and weigh the same.
    With opposites, half as many samples do (Covert and Lee, 2021).
    """
    ends = _ends(parts)
    if parts < 2:  # there is nothing between all and none
        return Coalitions(ends, np.full(2, _EXACT))
    sizes = np.arange(1, parts, dtype=np.float32)
    drawn = draws.choices((1.0 / (sizes * (parts - sizes))).astype(np.float32), (count - 1) // 2) + 1
    ranks = draws.fractions(len(drawn), parts).argsort(axis=1, kind="stable").argsort(axis=1)
    chosen = (ranks < drawn[:, None]).astype(np.float32)
    pairs = np.stack([chosen, 1.0 - chosen], axis=1).reshape(-1, parts)
    choices = np.concatenate([ends, pairs])[:count]
    return Coalitions(choices, np.r_[_EXACT, _EXACT, np.ones(len(choices) - 2)])


def every(parts: int) -> Coalitions:
    """All 2^m coalitions with the Shapley kernel's weights (Lundberg and Lee, 2017, theorem 2): exact Shapley values.

    Their mean weight is 1 but for all parts and none, the first two.
    """
    numbers = np.arange(1, 2**parts - 1)
    choices = (numbers[:, None] >> np.arange(parts) & 1).astype(np.float32)
    kernel = np.array([1.0 / (comb(parts, size) * size * (parts - size)) for size in range(1, parts)])
    weights = kernel[choices.sum(axis=1).astype(int) - 1]
    weights *= len(weights) / weights.sum() if len(weights) else 1.0
    return Coalitions(np.concatenate([_ends(parts), choices]), np.r_[_EXACT, _EXACT, weights])


def _ends(parts: int) -> npt.NDArray[np.float32]:
    return np.stack([np.ones(parts, np.float32), np.zeros(parts, np.float32)])
