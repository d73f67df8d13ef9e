"""Methods that fit a linear model to what a model answers with parts of an example taken away."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from inference.explanations import linear
from inference.explanations.coalitions import Coalitions

_RIDGE = 0.01  # steadies LIME's fit where samples are few, and is a thousandth of what they weigh

Answer = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.floating]]  # choices (n, m) to what is explained, (n,)


def kernel_shap(answer: Answer, drawn: Coalitions) -> npt.NDArray[np.float64]:
    """Return each part's Shapley value, (m,) (Lundberg and Lee, 2017). Their sum is the explained difference."""
    return linear.fit(drawn.choices, answer(drawn.choices), drawn.weights)


def lime(answer: Answer, drawn: Coalitions) -> npt.NDArray[np.float64]:
    """Return each part's coefficient in a linear model near the example, (m,) (Ribeiro et al., 2016)."""
    return linear.fit(drawn.choices, answer(drawn.choices), drawn.weights, _RIDGE)
