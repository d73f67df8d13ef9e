import numpy as np
import pytest

from inference.errors import InvalidNumbers
from inference.hints import Hints
from inference.protocols.lists import ListReader
from inference.spec import InputSpec
from model import SPEC

LARGE = 2**53 + 1  # no float has this value


@pytest.mark.parametrize("dtype", ["|u1", "<i8", "<f4"])
def test_rows_whose_lengths_are_made_up_by_others_are_refused(dtype: str) -> None:
    reader = ListReader(InputSpec("x", (2,), np.dtype(dtype)), Hints(SPEC))
    with pytest.raises(InvalidNumbers, match=r"^row 0 "):
        reader.read([[1, 2, 3], [4]], "row {}".format, booleans=False)


def test_whole_numbers_are_read_exactly_flat_and_nested() -> None:
    reader = ListReader(InputSpec("x", (2, 2), np.dtype("<i8")), Hints(SPEC))
    rows, _ = reader.read([[LARGE, 2, 3, 4], [[LARGE, 2], [3, 4]]], "row {}".format, booleans=False)
    assert rows.tolist() == [[[LARGE, 2], [3, 4]]] * 2
