"""Methods that fit a linear model to predictions for an example without some of its parts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.explanations.coalitions import Coalitions

_RIDGE = 0.01  # stabilises the fit of LIME for few samples, and is a thousandth of their weight

Answer = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.floating]]  # choices (n, m) to scores (n,)


def kernel_shap(answer: Answer, drawn: Coalitions) -> npt.NDArray[np.float64]:
    """Return the Shapley values of the parts, (m,) (Lundberg and Lee, 2017). Their sum is the explained difference."""
    return fit(drawn.choices, answer(drawn.choices), drawn.weights)


def lime(answer: Answer, drawn: Coalitions) -> npt.NDArray[np.float64]:
    """Return the coefficients of the parts, (m,), in a linear model near the example (Ribeiro et al., 2016)."""
    return fit(drawn.choices, answer(drawn.choices), drawn.weights, _RIDGE)


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
