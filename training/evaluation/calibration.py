"""Calibration of confidences: the temperature, the threshold and the calibration error."""

import math

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as nnf
from torch import Tensor

from inference.classifier import decide, softmax
from inference.spec import Floats
from training.data.dataset import Labels
from training.eager import eager

_BINS = 15
Flags = npt.NDArray[np.bool_]


def calibrate(logits: Floats, labels: Labels) -> tuple[float, float]:
    """Return the temperature, and the threshold on the confidences that it gives.

    logits  float32 (n, classes), of examples that the network was not trained on
    labels  classes (n,)
    """
    best = temperature(torch.from_numpy(logits), torch.from_numpy(labels.astype(np.int64)))
    predictions = decide(softmax(logits, best), 0.0)
    return best, threshold(predictions.confidences, predictions.classes == labels)


def temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the temperature T > 0 with the greatest likelihood of softmax(logits / T) (Guo et al., 2017, section 4.2).

    logits  float32 (n, classes), of examples that the network was not trained on
    labels  int64 (n,)
    T is limited to 0.05..20, because the likelihood has no maximum if every example is right.
    """
    wide = logits.detach().double()
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = eager(torch.optim.LBFGS)([log_t], max_iter=100, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimizer.zero_grad()
        value = nnf.cross_entropy(wide / log_t.exp(), labels)
        value.backward()  # type: ignore[no-untyped-call]
        return value.item()

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return float(np.clip(log_t.exp().item(), 0.05, 20.0))


def threshold(confidences: Floats, right: Flags, precision: float = 0.999, coverage: float = 0.975) -> float:
    """Return the least confidence at which the accepted predictions are right often enough, or 1.0 if there is none.

    confidences  (n,), 0..1, calibrated, of examples that the network was not trained on; n >= 1
    right        (n,)
    precision    required share of right predictions among the accepted
    coverage     largest share of accepted predictions, even if the precision allows more. Inputs of no class mostly
                 have less confidence than the examples, so a higher threshold refuses more of them

    The number of wrong predictions is estimated as the mean of two numbers: the errors counted, and the errors expected
    from the confidences, sum(1 - confidence). The count is unbiased but noisy: a few errors in 5,000 images. The
    expectation varies little but depends on the calibration. On other images, the mean lost less coverage than the
    count alone, and less precision than the confidences alone.
    """
    order = np.argsort(-confidences, kind="stable")
    sure = confidences[order]
    counted = np.cumsum(~right[order])
    foretold = np.cumsum(1.0 - sure.astype(np.float64))
    wrong = (counted + foretold) / 2.0 / np.arange(1, len(sure) + 1)
    last_of_equals = np.append(sure[1:] != sure[:-1], True)  # equal confidences are accepted together or not at all
    enough = np.flatnonzero((wrong <= 1.0 - precision) & last_of_equals)
    if not len(enough):
        return 1.0
    most = math.ceil(coverage * len(sure)) - 1
    return float(max(sure[enough[-1]], sure[most]))


def expected_error(confidences: Floats, right: Flags) -> float:
    """Return the expected calibration error in 15 bins, 0..1 (Naeini et al., 2015; Guo et al., 2017, eq. 3)."""
    bins = np.minimum((confidences * _BINS).astype(np.int64), _BINS - 1)
    sure = np.bincount(bins, weights=confidences, minlength=_BINS)
    hits = np.bincount(bins, weights=right, minlength=_BINS)
    return float(np.abs(sure - hits).sum() / len(confidences))
