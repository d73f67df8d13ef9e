"""``{"x": numbers of an example, or a list of examples}``."""

from typing import Any

from inference.cost import Charge, free
from inference.protocols.lists import ListReader
from inference.protocols.numbers import shown
from inference.protocols.request import Request
from inference.spec import InputSpec


class XReader:
    """Reads the simplest JSON request."""

    def __init__(self, given: InputSpec, lists: ListReader) -> None:
        self._error = given.error
        self._lists = lists

    def decode(self, content: dict[str, Any], *, booleans: bool, charge: Charge = free) -> Request:
        x = content["x"]
        if not isinstance(x, list) or not x:
            raise self._error(f"x must be a list of numbers, not {shown(x)}", self._lists.hint_for(x))
        if not isinstance(x[0], list) or self._lists.is_one(x):
            return Request(*self._lists.read([x], lambda _: "x", booleans=booleans))
        return Request(*self._lists.read(x, "x[{}]".format, booleans=booleans))
