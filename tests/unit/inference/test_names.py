"""Names of models."""

import pytest

from inference.names import is_name


@pytest.mark.parametrize("name", ["a", "7", "iris", "Iris_2.1-b", "x" * 64])
def test_names_that_addresses_and_files_can_have(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "-x", "_x", "a/b", "a b", "a\n", "é", "x" * 65])
def test_what_is_no_name(name: str) -> None:
    assert not is_name(name)
