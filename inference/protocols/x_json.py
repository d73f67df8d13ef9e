"""The seed article's request: ``{"x": 784 numbers, 28x28 numbers, or a list of either}``."""

from typing import Any

from inference.cost import Charge, free
from inference.errors import InvalidPixels
from inference.protocols import lists
from inference.protocols.request import Request
from model.pixels import PIXELS


def decode(content: dict[str, Any], *, booleans: bool, charge: Charge = free) -> Request:
    x = content["x"]
    if not isinstance(x, list) or not x:
        raise InvalidPixels(f"x must be a list of numbers, not {lists.shown(x)}", lists.HINT)
    if _is_one_image(x):
        return Request(*lists.images([x], ["x"], booleans=booleans))
    return Request(*lists.images(x, [f"x[{index}]" for index in range(len(x))], booleans=booleans))


def _is_one_image(x: list[Any]) -> bool:
    """Whether x is 784 numbers, 28x28 or 28x28x1, and not a list of such."""
    first = x[0]
    if not isinstance(first, list):
        return True
    if first and isinstance(first[0], list):
        return len(first[0]) == 1
    return len(first) != PIXELS
