"""Named inputs: several inputs of a network, or one input of texts, booleans, or arrays of different shapes.

The examples of a batch are one structured array (n,) with a field for each input. The field holds numbers if their
shape is fixed, else an array as an object. Structured arrays are cut and joined like the rows of other models.
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
    """Input or output of a network.

    datatype  name in the Open Inference Protocol
    shape     shape of one example; FREE for a side that may vary
    axis      dimension of the batch in the network; None: no such dimension, all examples of a batch share one value
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    axis: int | None = 0

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Return the dtype of the numbers; object for texts."""
        return np.dtype(DTYPES[self.datatype])

    def layout(self, batch: Any = FREE) -> tuple[Any, ...]:
        """Return the sides of the tensor in the network: FREE if a side may vary, ``batch`` for the batch."""
        sides: list[Any] = list(self.shape)
        if self.axis is not None:
            sides.insert(self.axis, batch)
        return tuple(sides)


@dataclass(frozen=True)
class NamedInput(Tensor):
    """Input that requests send by name.

    default   value (*shape) for examples without this input; None: the input is required
    """

    default: Array | None = None

    @cached_property
    def is_fixed(self) -> bool:
        """Return True for numbers of a fixed shape, which are stored without objects."""
        return FREE not in self.shape and self.datatype != TEXT

    def fits(self, shape: Sequence[int]) -> bool:
        """Return True if one example may have this shape."""
        return len(shape) == len(self.shape) and all(
            own == side or (own == FREE and side > 0) for own, side in zip(self.shape, shape, strict=True)
        )


def row_dtype(inputs: Sequence[NamedInput]) -> np.dtype[Any]:
    """Return the structured dtype of an example, with a field for each input."""
    fields = [(spec.name, spec.dtype, spec.shape) if spec.is_fixed else (spec.name, object) for spec in inputs]
    return np.dtype(fields)


def joined(inputs: Sequence[NamedInput], columns: Mapping[str, Sequence[Array] | Array], count: int) -> Array:
    """Return the examples (count,) as a structured array.

    columns  name of an input -> its ``count`` values (*shape); inputs with a default may be missing
    """
    rows = np.empty(count, row_dtype(inputs))
    for spec in inputs:
        column = columns.get(spec.name)
        if column is None:
            assert spec.default is not None
            column = [spec.default] * count
        if spec.is_fixed:
            rows[spec.name] = column
        else:
            rows[spec.name] = objects(column)
    return rows


def objects(arrays: Sequence[Array] | Array) -> Array:
    """Return an array (n,) of arrays. NumPy itself would join arrays of equal shape."""
    values = np.empty(len(arrays), object)
    for index, array in enumerate(arrays):
        values[index] = array
    return values


def objects_of(rows: Array) -> list[dict[str, Any]]:
    """Return examples (n,) as JSON objects with the names of the inputs as keys."""
    return [{name: np.asarray(row[name]).tolist() for name in rows.dtype.names or ()} for row in rows]
