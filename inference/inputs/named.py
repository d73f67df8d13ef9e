"""Inputs by name: several of a network, or one whose examples are texts, booleans, or arrays of different shapes.

The examples of a batch are one structured array (n,) with a field for each input: numbers of a fixed shape as they are,
anything else as an object, an array of its own. It can be cut and joined like the rows of any other model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

FREE = -1  # a side of a shape that may differ from one example to another
TEXT, BOOLEAN = "BYTES", "BOOL"  # datatypes
DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8", "BYTES": "O",
}  # fmt: skip
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Tensor:
    """An input or output of a network.

    datatype  of the Open Inference Protocol
    shape     of one example; FREE for a side that may vary
    axis      of the batch among the network's dimensions; None: it has none, and the examples of a batch share a value
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    axis: int | None = 0

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of its numbers; object for texts."""
        return np.dtype(DTYPES[self.datatype])

    def layout(self, batch: Any = FREE) -> tuple[Any, ...]:
        """Return the sides of the network's tensor: FREE where it may vary, and ``batch`` for the batch."""
        sides: list[Any] = list(self.shape)
        if self.axis is not None:
            sides.insert(self.axis, batch)
        return tuple(sides)


@dataclass(frozen=True)
class NamedInput(Tensor):
    """Input that requests send by name.

    default   its value (*shape) for examples that give none; None: it must be given
    """

    default: Array | None = None

    @cached_property
    def is_fixed(self) -> bool:
        """True for numbers of a fixed shape, which need no object each."""
        return FREE not in self.shape and self.datatype != TEXT

    def fits(self, shape: Sequence[int]) -> bool:
        """Return True for a shape that one example may have."""
        return len(shape) == len(self.shape) and all(
            own == side or (own == FREE and side > 0) for own, side in zip(self.shape, shape, strict=True)
        )


def row_dtype(inputs: Sequence[NamedInput]) -> np.dtype[Any]:
    """Return the dtype of an example of all inputs."""
    fields = [(given.name, given.dtype, given.shape) if given.is_fixed else (given.name, object) for given in inputs]
    return np.dtype(fields)


def joined(inputs: Sequence[NamedInput], columns: Mapping[str, Sequence[Array] | Array], count: int) -> Array:
    """Return the examples (count,) of one array for each input.

    columns  by name: count examples (*shape); what is missing has a default
    """
    rows = np.empty(count, row_dtype(inputs))
    for given in inputs:
        column = columns.get(given.name)
        if column is None:
            assert given.default is not None
            column = [given.default] * count
        if given.is_fixed:
            rows[given.name] = column
        else:
            rows[given.name] = objects(column)
    return rows


def objects(arrays: Sequence[Array] | Array) -> Array:
    """Return arrays as the elements of an array (n,). Without it, numpy would join those of equal shape."""
    values = np.empty(len(arrays), object)
    for index, array in enumerate(arrays):
        values[index] = array
    return values


def objects_of(rows: Array) -> list[dict[str, Any]]:
    """Return examples (n,) as JSON objects by input name."""
    return [{name: np.asarray(row[name]).tolist() for name in rows.dtype.names or ()} for row in rows]
