"""Long lists and values in the output of packaging."""

import numpy as np
import pytest

from serving.declared import packaging_lines


@pytest.mark.parametrize(("count", "more"), [(1, ""), (8, ""), (9, " and 1 more"), (18, " and 10 more")])
def test_up_to_eight_names_are_shown(count: int, more: str) -> None:
    names = tuple(f"n{index}" for index in range(count))
    assert packaging_lines._few(names) == ", ".join(names[:8]) + more


def test_up_to_twelve_numbers_are_written_out() -> None:
    assert packaging_lines._expression(np.full((3, 4), 0.12345)) == repr([[0.123] * 4] * 3)
    assert packaging_lines._expression(np.zeros((13, 1))) == "[[0] * 1] * 13"
    assert packaging_lines._expression(np.zeros(13, np.bool_)) == "[False] * 13"
    assert packaging_lines._expression(np.full(13, "a", object)) == '["text"] * 13'
