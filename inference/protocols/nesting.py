"""Nested lists with axes of length 1: what ``ToTensor()`` and ``unsqueeze(0)`` add to an example."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

_DEEPEST = 8


def without_ones(shape: Sequence[int]) -> list[int]:
    """The sides of a shape that are not 1."""
    return [side for side in shape if side != 1]


def squeezed(value: list[Any], shape: Sequence[int], size: int) -> list[Any] | None:
    """The members of an example that is nested as ``shape`` is, or flat, but for axes of length 1; else None."""
    sides: list[int] = []
    level: Any = value
    while isinstance(level, list) and level and len(sides) < _DEEPEST:
        sides.append(len(level))
        level = level[0]
    if without_ones(sides) not in (without_ones(shape), without_ones((size,))):
        return None
    for side in sides[1:]:
        if not all(isinstance(row, list) and len(row) == side for row in value):
            return None
        value = list(chain.from_iterable(value))
    return value
