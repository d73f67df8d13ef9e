"""Loss functions and penalties."""

from collections.abc import Callable, Sequence

import torch.nn.functional as nnf
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


def targets(labels: Tensor, classes: int, smoothing: float = 0.0) -> Tensor:
    """Return the probabilities that the network should learn: float32 (n, classes), each row with the sum 1.

    labels     int64 (n,)
    smoothing  probability that is spread over all classes, 0 <= p < 1 (Szegedy et al., 2016, section 7)
    """
    return nnf.one_hot(labels, classes).float() * (1.0 - smoothing) + smoothing / classes


def mean_squared_error(logits: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean of (softmax(logits) - wanted)^2 over n and the classes: Brier's score (1950) / classes.

    It compares probabilities instead of logits, because the server answers softmax(logits) for every loss.
    """
    return nnf.mse_loss(logits.softmax(dim=1), wanted)


LOSSES: dict[str, Loss] = {"cross_entropy": nnf.cross_entropy, "mean_squared_error": mean_squared_error}


def penalty(matrices: Sequence[Tensor], l1: float, l2: float) -> Tensor | float:
    """Return l1 * sum |w| + l2 / 2 * sum w^2 over all matrices (Tibshirani, 1996; Hoerl and Kennard, 1970)."""
    total: Tensor | float = 0.0
    if l1:
        total = total + l1 * sum(matrix.abs().sum() for matrix in matrices)
    if l2:
        total = total + 0.5 * l2 * sum(matrix.square().sum() for matrix in matrices)
    return total
