"""The linear model that LIME and KernelSHAP fit."""

from typing import Any

import numpy as np
import numpy.typing as npt


def fit(
    x: npt.NDArray[Any], y: npt.NDArray[Any], weights: npt.NDArray[Any], ridge: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return the coefficients (m,) of y = x coefficients + constant by weighted least squares, solved in float64.

    x        (n, m)
    y        (n,)
    weights  (n,), at least 0
    ridge    penalty on the squared coefficients, not on the constant; at least 0
    """
    x, y, weights = (array.astype(np.float64) for array in (x, y, weights))
    shares = weights / weights.sum()
    x, y = x - shares @ x, y - shares @ y  # so that the constant drops out
    gram = x.T @ (weights[:, None] * x) + ridge * np.eye(x.shape[1])
    inverse = np.linalg.pinv(gram, rcond=len(gram) * np.finfo(np.float64).eps, hermitian=True)
    coefficients: npt.NDArray[np.float64] = inverse @ (x.T @ (weights * y))
    return coefficients
