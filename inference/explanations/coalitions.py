"""Samples of LIME and KernelSHAP: the parts of an example that stay, and the weight of each sample."""

from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inference.explanations.draws import Draws

_KERNEL_WIDTH = 0.25  # width of LIME's kernel over the cosine distance, as in the code of its authors for images
_EXACT = 1e6  # weight, against 1, with which the fit reproduces the scores of the whole example and of the baseline


class Coalitions(NamedTuple):
    """Samples of an example with m parts.

    choices  float32 (n, m): 1 if the part stays, 0 if it is replaced by the baseline
    weights  float64 (n,), weights of the samples
    """

    choices: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float64]


def lime_samples(draws: Draws, count: int, parts: int) -> Coalitions:
    """Draw LIME's samples: first the whole example, then each part with probability 1/2.

    The weight is sqrt(exp(-d^2 / width^2)) for the cosine distance d from the whole example (Ribeiro et al., 2016).
    """
    choices = draws.tosses(count, parts)
    choices[0] = 1.0
    left = choices.sum(axis=1) / np.float32(max(parts, 1))
    distances = 1.0 - np.sqrt(left)
    return Coalitions(choices, np.exp(-((distances / _KERNEL_WIDTH) ** 2) / 2.0))


def shap_samples(draws: Draws, count: int, parts: int) -> Coalitions:
    """Draw KernelSHAP's samples: all parts, no part, then pairs of complements.

    The probability of a size k is proportional to (m - 1) / (k (m - k)), the sum of the Shapley kernel over coalitions
    of this size (Lundberg and Lee, 2017, theorem 2). All coalitions of one size have equal probability and weight.
    Complements halve the number of samples needed (Covert and Lee, 2021).
    """
    ends = _ends(parts)
    if parts < 2:  # there are no other coalitions
        return Coalitions(ends, np.full(2, _EXACT))
    sizes = np.arange(1, parts, dtype=np.float32)
    drawn = draws.choices((1.0 / (sizes * (parts - sizes))).astype(np.float32), (count - 1) // 2) + 1
    ranks = draws.fractions(len(drawn), parts).argsort(axis=1, kind="stable").argsort(axis=1)
    chosen = (ranks < drawn[:, None]).astype(np.float32)
    pairs = np.stack([chosen, 1.0 - chosen], axis=1).reshape(-1, parts)
    choices = np.concatenate([ends, pairs])[:count]
    return Coalitions(choices, np.r_[_EXACT, _EXACT, np.ones(len(choices) - 2)])


def every(parts: int) -> Coalitions:
    """Return all 2^m coalitions, weighted by the Shapley kernel (Lundberg and Lee, 2017, theorem 2): exact values.

    The mean weight is 1, apart from the first two: all parts, and no parts (Lundberg and Lee, 2017, theorem 2).
    """
    numbers = np.arange(1, 2**parts - 1)
    choices = (numbers[:, None] >> np.arange(parts) & 1).astype(np.float32)
    kernel = np.array([1.0 / (comb(parts, size) * size * (parts - size)) for size in range(1, parts)])
    weights = kernel[choices.sum(axis=1).astype(int) - 1]
    weights *= len(weights) / weights.sum() if len(weights) else 1.0
    return Coalitions(np.concatenate([_ends(parts), choices]), np.r_[_EXACT, _EXACT, weights])


def _ends(parts: int) -> npt.NDArray[np.float32]:
    return np.stack([np.ones(parts, np.float32), np.zeros(parts, np.float32)])
