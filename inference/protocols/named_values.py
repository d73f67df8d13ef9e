"""JSON values of one named input."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inference.errors import InvalidNumbers
from inference.inputs.named import BOOLEAN, FREE, TEXT, Array, NamedInput
from inference.protocols.lists import unnested
from inference.protocols.numbers import Limits, allowed, shown

_TYPES: dict[str, set[type]] = {"b": {bool}, "u": {int}, "i": {int}, "f": {int, float}, "O": {str}}  # of JSON values


class ValuesReader:
    """Reader of values for one input: nested lists, or single numbers, booleans or texts."""

    def __init__(self, spec: NamedInput, hint: str) -> None:
        self._input = spec
        self._hint = hint
        self._types = _TYPES[spec.dtype.kind]
        self._limits = limits(spec)

    def read(self, values: list[Any], names: Sequence[str]) -> Array | list[Array]:
        """Return an array (*shape) for each value.

        names  names of the examples in errors
        Raises InvalidNumbers with the name of the input and of the example, and what is wrong.
        """
        if self._input.is_fixed and (rows := self._converted(values, 1)) is not None:
            return rows
        return [self._one(value, name) for value, name in zip(values, names, strict=True)]

    def _converted(self, values: Any, outer: int) -> Array | None:
        """Return the values as one array in the input's dtype; None if any is invalid.

        outer  number of dimensions before those of the input
        """
        sides, leaves = unnested(values)
        shape = None if sides is None else self._shape(sides[outer:])
        if sides is None or shape is None or not set(map(type, leaves)) <= self._types:
            return None
        try:
            with np.errstate(over="ignore"):
                array = np.array(leaves, self._input.dtype)
        except OverflowError:
            return None
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return None
        return array.reshape(sides[:outer] + shape)

    def _shape(self, sides: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the shape of an example with these sides; None if they do not fit. [7] is accepted for 7."""
        own = self._input.shape
        if self._input.fits(sides):
            return sides
        return own if set(sides) <= {1} and set(own) <= {1} else None

    def _one(self, value: Any, name: str) -> Array:
        """Read one example. Raises InvalidNumbers that names the first invalid number."""
        if (row := self._converted(value, 0)) is not None:
            return row
        sides, leaves = unnested(value)
        shape = None if sides is None else self._shape(sides)
        if shape is None:
            own = ", ".join("any" if side == FREE else str(side) for side in self._input.shape)
            actual = "lists of different lengths" if sides is None else f"the shape {list(sides)}"
            raise self._error(f"has {actual}, not [{own}]" if isinstance(value, list) else f"is {shown(value)}", name)
        index = self._first_refused(leaves)
        if index < len(leaves):
            verb, place = ("has", f" as element {index}") if isinstance(value, list) else ("is", "")
            raise self._error(f"{verb} {shown(leaves[index])}{place}, not {needed(self._input)}", name)
        return np.array(leaves, self._input.dtype).reshape(shape)  # whole numbers that JSON writes as floats

    def _first_refused(self, leaves: list[Any]) -> int:
        """Return the index of the first invalid value, or the number of values without one. There may be millions."""
        dtype, types = self._input.dtype, self._types
        if dtype.kind in "iu":
            types = {int, float}
        end = next((index for index, leaf in enumerate(leaves) if type(leaf) not in types), len(leaves))
        if self._limits:
            least, most = self._limits
            values = enumerate(leaves[:end])
            return next((at for at, leaf in values if not (least <= leaf <= most and leaf % 1 == 0)), end)
        if dtype.kind == "f":
            with np.errstate(over="ignore"):
                infinite = np.flatnonzero(~np.isfinite(np.array(leaves[:end], np.float64).astype(dtype)))
            return int(infinite[0]) if len(infinite) else end
        return end

    def _error(self, text: str, name: str) -> InvalidNumbers:
        return InvalidNumbers(f"{named(self._input.name)} of {name} {text}", self._hint)


def limits(spec: NamedInput) -> Limits:
    """Return the lowest and highest number of an input of integers; None for other inputs."""
    if spec.dtype.kind not in "iu":
        return None
    own = np.iinfo(spec.dtype)
    return int(own.min), int(own.max)


def named(name: str) -> str:
    """Return the noun for an input in messages."""
    return f"input {name[:40]!r}"


def needed(spec: NamedInput) -> str:
    """Return the noun for a valid value of an input."""
    if spec.datatype in (TEXT, BOOLEAN):
        return "a string" if spec.datatype == TEXT else "true or false"
    text = allowed(limits(spec))
    return text if spec.dtype.kind == "f" else text.replace("a number", "a whole number")
