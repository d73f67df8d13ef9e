"""The picture of the attributions of a table: one line for each column."""

import numpy as np
import pytest

from inference.explanations.picture import bars
from inference.spec import InputSpec


@pytest.mark.parametrize(("columns", "lines"), [(1, 1), (24, 24), (25, 25), (100, 25)])
def test_up_to_24_columns_have_a_line_and_the_others_one_together(columns: int, lines: int) -> None:
    input_spec = InputSpec("row", (columns,))
    picture = bars(input_spec, np.ones(columns, np.float32), np.linspace(-1, 1, columns, dtype=np.float32))
    assert picture.size == (560, 26 * lines + 12)
