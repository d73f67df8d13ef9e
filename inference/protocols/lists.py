"""Examples as nested lists of numbers in JSON."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.hints import Hints
from inference.protocols.json_text import JsonObject
from inference.protocols.numbers import (
    CLIPPED,
    NUMBERS,
    allowed,
    are_allowed,
    checked_numbers,
    exact_integers,
    floats,
    nearly_unit,
    outside,
    shown,
    whole_numbers,
)
from inference.protocols.request import Request, check_count
from inference.spec import InputSpec, Rows
from inference.treatment import Treatment

Read = tuple[Rows, Sequence[Treatment]]


class ListReader:
    """Reader of examples that are flat lists of numbers, or lists nested in the shape of the input.

    A fast method reads valid numbers. If it fails, a slow method reads them and names the wrong value in its error.
    """

    def __init__(self, spec: InputSpec, hints: Hints) -> None:
        self.hint, self._file = hints.numbers, hints.file
        self._input = spec
        self._size, self._first, self._rest, self._block = spec.size, spec.shape[0], spec.shape[1:], spec.block
        self._may_end_in_one = (*spec.shape, 1) in spec.list_shapes
        whole = spec.dtype.kind != "f" and spec.scale is None
        self._allowed = allowed(spec.limits).replace("a number", "a whole number") if whole else allowed(spec.limits)
        self._plain, self._scaled = spec.treatment("numbers"), spec.treatment("numbers", "scaled from 0..1")
        self._clipped = spec.treatment("numbers", CLIPPED, "scaled from 0..1")
        self._fast = self._whole if spec.is_bytes else self._exact
        self._parse = floats if spec.dtype.kind == "f" else exact_integers

    def decode(self, sent: JsonObject) -> Request:
        """Read ``{"x": one example, or a list of examples}``."""
        x = sent.members["x"]
        if not isinstance(x, list) or not x:
            raise self._input.error(f"x must be a list of numbers, not {shown(x)}", self.hint_for(x))
        if not isinstance(x[0], list) or self.is_one(x):
            return Request(*self.read([x], lambda _: "x", booleans=sent.booleans))
        return Request(*self.read(x, "x[{}]".format, booleans=sent.booleans))

    def read(self, values: Sequence[Any], name: Callable[[int], str], *, booleans: bool) -> Read:
        """Read values with one example each. Fractions in 0..1 are multiplied by the scale of the input, if it has one.

        name      returns the name of the value with an index, for errors
        booleans  True if the numbers may contain true or false
        Raises the error of the input, with the first invalid value, and TooLarge for too many examples.
        """
        check_count(len(values), self._input)
        if not booleans and (rows := self._fast(values)) is not None:
            return rows, [self._plain] * len(values)
        flat = [self._numbers(value, name(index), booleans=booleans) for index, value in enumerate(values)]
        return self._converted(np.stack(flat))

    def is_one(self, values: list[Any]) -> bool:
        """Return True for one example, False for a list of examples. The nesting of the first members decides."""
        depth, level = 1, values
        while depth <= len(self._rest) + 1 and level and isinstance(level[0], list):
            depth, level = depth + 1, level[0]
        if depth > len(self._rest) + 1:
            return self._may_end_in_one and len(level) == 1
        return depth != 2 or len(values[0]) != self._size

    def _whole(self, values: Sequence[Any]) -> Rows | None:
        """Return the examples if all numbers are whole and fit a byte, as most are; else None."""
        size, parts = self._size, []
        for value in values:
            members = value if isinstance(value, list) and len(value) == size else self._nested(value)
            part = None if members is None else whole_numbers(members)
            if part is None:
                return None
            parts.append(part)
        return np.frombuffer(b"".join(parts), dtype=np.uint8).reshape(self._block)

    def _exact(self, values: Sequence[Any]) -> Rows | None:
        """Return the examples if all numbers are allowed, fit the dtype and need no scaling; else None."""
        size = self._size
        flat: list[Any] = []
        for value in values:
            members = value if isinstance(value, list) and len(value) == size else self._nested(value)
            if members is None:
                return None
            flat += members
        rows = self._parse(flat, self._input.dtype) if self._input.scale is None else None
        if rows is None or not are_allowed(rows, self._input.bounds):
            return None
        return rows.reshape(self._block)

    def _nested(self, value: Any) -> Iterable[Any] | None:
        """Return the numbers of an example that is nested in the shape of the input; None for others."""
        if not isinstance(value, list) or len(value) != self._first or not self._rest:
            return None
        for length in self._rest[:-1]:
            if not all(isinstance(row, list) and len(row) == length for row in value):
                return None
            value = list(chain.from_iterable(value))
        length = self._rest[-1]
        if not all(isinstance(row, list) and len(row) == length for row in value):
            return None
        return chain.from_iterable(value)

    def _numbers(self, value: Any, name: str, *, booleans: bool) -> npt.NDArray[np.float64]:
        """Return the numbers of one example, float64 (size,). Raises the error of the input for an invalid number."""
        flat = self._flat(value, name)
        row = checked_numbers(flat, booleans=booleans)
        if row is None:
            index = next(index for index, number in enumerate(flat) if type(number) not in NUMBERS)
            raise self._refused(flat[index], index, name)
        if self._input.dtype.kind != "f" and self._input.scale is None and (parts := np.flatnonzero(row % 1)).size:
            raise self._refused(flat[parts[0]], int(parts[0]), name)
        bad = outside(self._narrowed(row), self._input.limits)
        if len(bad) and not (self._input.scale is not None and nearly_unit(row)):
            raise self._refused(flat[bad[0]], int(bad[0]), name)
        return row

    def _narrowed(self, row: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Convert floats to the dtype of the network. Values out of its range become infinite."""
        with np.errstate(over="ignore"):
            return row.astype(self._input.dtype) if self._input.dtype.kind == "f" else row

    def _flat(self, value: Any, name: str) -> list[Any]:
        """Return the members of one example as a flat list without checking them."""
        spec = self._input
        if not isinstance(value, list):
            raise spec.error(f"{name} must be a list of numbers, not {shown(value)}", self.hint_for(value))
        if len(value) == self._size and not (value and isinstance(value[0], list)):
            return value
        sides, leaves = unnested(value)
        if sides and without_ones(sides) in (without_ones(spec.shape), without_ones((self._size,))):
            return leaves
        if len(value) != self._first or not self._rest:
            raise spec.error(f"{name} has {len(value)} elements", self.hint)
        places, cells = [""], [value]
        for depth, length in enumerate(self._rest):
            places = [
                f"{place}[{index}]" for place, cell in zip(places, cells, strict=True) for index in range(len(cell))
            ]
            cells = list(chain.from_iterable(cells))
            what = f"a row of {length} numbers" if depth == len(self._rest) - 1 else f"a list of {length} rows"
            for place, row in zip(places, cells, strict=True):
                if not isinstance(row, list) or len(row) != length:
                    raise spec.error(f"{name}{place} must be {what}, not {shown(row)}", self.hint)
        return list(chain.from_iterable(cells))

    def hint_for(self, value: object) -> str:
        """Return a hint for a value that is not a list of numbers."""
        if isinstance(value, str | dict):
            return self._file
        if isinstance(value, list):
            return self.hint
        return f"{self.hint}; in a list of {self._input.example}s, send each as a list"

    def _refused(self, value: object, index: int, name: str) -> Exception:
        spec = self._input
        return spec.error(f"{spec.place(index)} of {name} is {shown(value)}, not {self._allowed}", self.hint)

    def _converted(self, flat: npt.NDArray[np.float64]) -> Read:
        """Convert float64 (k, size) to examples in the dtype of the input."""
        spec = self._input
        treatments = [self._plain] * len(flat)
        if spec.scale is not None:
            for index in (index for index, row in enumerate(flat) if nearly_unit(row)):
                beyond = flat[index].min() < 0.0 or flat[index].max() > 1.0
                treatments[index] = self._clipped if beyond else self._scaled
                flat[index] = np.clip(flat[index], 0.0, 1.0) * spec.scale
        rows = (flat if spec.dtype.kind == "f" else np.rint(flat)).astype(spec.dtype).reshape(self._block)
        return rows, treatments


def without_ones(shape: Sequence[int]) -> list[int]:
    return [side for side in shape if side != 1]


def unnested(value: Any) -> tuple[tuple[int, ...] | None, list[Any]]:
    """Return the shape of nested lists and their leaves; no shape for lists of different lengths."""
    sides: list[int] = []
    leaves = [value]
    while leaves and isinstance(leaves[0], list):
        if set(map(type, leaves)) != {list} or len(set(map(len, leaves))) != 1:
            return None, leaves
        sides.append(len(leaves[0]))
        leaves = list(chain.from_iterable(leaves))
    return (None if list in set(map(type, leaves)) else tuple(sides)), leaves
