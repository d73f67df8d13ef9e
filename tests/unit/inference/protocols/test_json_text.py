"""The cost of JSON, charged before it is parsed."""

import pytest

from inference.protocols import json_text


@pytest.mark.parametrize(
    ("numbers", "charged"),
    [(16_000, []), (17_000, [16_999 * 6e-8]), (400_000, [399_999 * 6e-8]), (600_000, [0.03])],
)
def test_a_text_of_many_numbers_is_charged_up_to_a_limit(numbers: int, charged: list[float]) -> None:
    costs: list[float] = []
    assert len(json_text.parse(b"[" + b"1," * (numbers - 1) + b"1]", "", costs.append)) == numbers
    assert costs == pytest.approx(charged)


def test_a_short_text_is_not_charged() -> None:
    costs: list[float] = []
    json_text.parse(b"[" + b"1," * 8000 + b"1]", "", costs.append)
    assert costs == []
