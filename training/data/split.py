"""Split of examples into two parts with every class in the same proportion."""

import numpy as np
import numpy.typing as npt

from training.data.dataset import Examples

VALIDATION = 1 / 12  # 5,000 of 60,000
TEST = 1 / 7  # 10,000 of 70,000; for data without a test set
SEED = 0  # one split for all training seeds, so that runs are compared on the same validation images


def stratified(examples: Examples, fraction: float, seed: int = SEED) -> tuple[Examples, Examples]:
    """Split examples into a larger and a smaller part, both in their original order.

    The smaller part has round(fraction * n) examples. Largest remainders round the share of each class.
    """
    rng = np.random.default_rng(seed)
    classes, sizes = np.unique(examples.labels, return_counts=True)
    chosen = np.zeros(len(examples), dtype=np.bool_)
    for label, count in zip(classes, _shares(sizes, fraction), strict=True):
        chosen[rng.permutation(np.flatnonzero(examples.labels == label))[:count]] = True
    return examples[~chosen], examples[chosen]


def _shares(sizes: npt.NDArray[np.int64], fraction: float) -> npt.NDArray[np.int64]:
    exact = sizes * fraction
    shares: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    missing = round(float(sizes.sum()) * fraction) - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return shares
