from typing import Any

import numpy as np
import pytest

from inference.declared import explanations
from inference.spec import InputSpec


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("<i8", [9, 1, 4, 2], 2),  # the lower median of an even number of values
        ("<i8", [9, 1, 4], 4),
        ("|b1", [True, False], False),
        ("<f4", [9, 1, 4, 2], 4),
    ],
)
def test_a_number_of_the_baseline(dtype: str, values: list[Any], expected: Any) -> None:
    input_spec = InputSpec("x", (1,), np.dtype(dtype))
    start = explanations.baseline(input_spec, np.array(values, input_spec.dtype)[:, None])
    assert start.tolist() == [expected]
    assert start.dtype == input_spec.dtype
