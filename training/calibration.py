"""How far a confidence can be taken at its word."""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as nnf
from torch import Tensor

_BINS = 15
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


def temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature that makes softmax(logits / T) likeliest (Guo et al., 2017, section 4.2), > 0.

    logits  float32 (n, 10), of examples that the network was not trained on
    labels  int64 (n,)
    Held to 0.05..20: where every example is right, likelihood has no maximum.
    """
    wide = logits.detach().double()
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_t], max_iter=100, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimizer.zero_grad()
        value = nnf.cross_entropy(wide / log_t.exp(), labels)
        value.backward()  # type: ignore[no-untyped-call]
        return value.item()

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return float(np.clip(log_t.exp().item(), 0.05, 20.0))


def threshold(confidences: Floats, right: Flags, precision: float = 0.999) -> float:
    """The least confidence at which the share of right predictions, among all at least that sure, is ``precision``.

    confidences  (n,), 0..1
    right        (n,)
    Gives 1.0 where no confidence is enough.
    """
    order = np.argsort(-confidences, kind="stable")
    precisions = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    sure = confidences[order]
    last_of_equals = np.append(sure[1:] != sure[:-1], True)  # equal confidences are accepted together or not at all
    enough = np.flatnonzero((precisions >= precision) & last_of_equals)
    return float(sure[enough[-1]]) if len(enough) else 1.0


def expected_error(confidences: Floats, right: Flags) -> float:
    """Expected calibration error over 15 bins of equal width, 0..1 (Naeini et al., 2015; Guo et al., 2017, eq. 3)."""
    bins = np.minimum((confidences * _BINS).astype(np.int64), _BINS - 1)
    sure = np.bincount(bins, weights=confidences, minlength=_BINS)
    hits = np.bincount(bins, weights=right, minlength=_BINS)
    return float(np.abs(sure - hits).sum() / len(confidences))
