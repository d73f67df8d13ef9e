"""The input tensor of an Open Inference Protocol request."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.cost import Charge, free
from inference.errors import InvalidTensor
from inference.hints import Hints
from inference.protocols.files import FileReader
from inference.protocols.numbers import Limits, checked_numbers, exact_integers, outside, shown, whole_numbers
from inference.protocols.request import check_count
from inference.spec import InputSpec, Rows
from inference.treatment import Treatment

Read = tuple[Rows, Sequence[Treatment]]
_FRACTIONS = "FP32"  # 0..1, of inputs that have a scale


@dataclass(frozen=True)
class Datatype:
    """How numbers of one datatype come, and what they are multiplied by."""

    name: str
    dtype: np.dtype[Any]
    limits: Limits
    scale: float | None
    treatment: Treatment

    @cached_property
    def integers(self) -> bool:
        return self.dtype.kind != "f"

    @cached_property
    def any_bytes(self) -> bool:
        return self.dtype == np.uint8 and self.limits == (0, 255)


class TensorReader:
    """Reads the examples of one input tensor, whose data is in its JSON or in the bytes that followed it."""

    def __init__(self, given: InputSpec, hints: Hints, files: FileReader | None) -> None:
        self._input = given
        self._hint = hints.tensor
        self._files = files
        self._shapes = [[given.size], list(given.shape), *map(list, given.tensor_shapes)]
        self._depth = 1 + max(map(len, self._shapes))  # of nested lists
        self._datatypes = {kind.name: kind for kind in datatypes(given)}

    def read(self, tensor: dict[str, Any], binary: bytes | None, *, booleans: bool, charge: Charge = free) -> Read:
        """Raises InvalidTensor for a shape, datatype or data that contradict each other; InvalidImage and TooLarge."""
        datatype: Any = tensor.get("datatype")
        if datatype == "BYTES" and self._files:
            count = self._checked_shape(tensor, ([], [1]))
            elements = self._elements(tensor, count, binary)
            return self._files.read_all({f"element {i} of data": file for i, file in enumerate(elements)}, charge)
        if not isinstance(datatype, str) or datatype not in self._datatypes:
            raise InvalidTensor(f"datatype is {shown(datatype)}", self._hint)
        count = self._checked_shape(tensor, self._shapes)
        kind, size = self._datatypes[datatype], count * self._input.size
        if self._is_binary(tensor, binary):
            values = np.frombuffer(self._binary_data(tensor, binary, size * kind.dtype.itemsize), dtype=kind.dtype)
        else:
            values = self._json_numbers(tensor, size, kind, booleans=booleans)
        return self._rows(values, kind), [kind.treatment] * count

    def _checked_shape(self, tensor: dict[str, Any], allowed: Sequence[list[int]]) -> int:
        """The number of examples N of a shape [N, *one of the allowed]."""
        shape = tensor.get("shape")
        if not isinstance(shape, list) or not shape or any(type(side) is not int for side in shape):
            raise InvalidTensor("shape must be a list of whole numbers", self._hint)
        if shape[0] < 1 or shape[1:] not in allowed:
            raise InvalidTensor(f"shape is {str(shape)[:40]}", self._hint)
        check_count(shape[0], self._input)
        return int(shape[0])

    def _is_binary(self, tensor: dict[str, Any], binary: bytes | None) -> bool:
        parameters = tensor.get("parameters", {})
        if not isinstance(parameters, dict):
            raise InvalidTensor("parameters must be an object", self._hint)
        if "binary_data_size" in parameters:
            if "data" in tensor:
                raise InvalidTensor("the tensor has both data and binary_data_size", self._hint)
            return True
        if binary:
            raise InvalidTensor(
                f"{len(binary)} bytes follow the JSON, but the tensor has no binary_data_size", self._hint
            )
        return False

    def _binary_data(self, tensor: dict[str, Any], binary: bytes | None, size: int | None = None) -> bytes:
        declared = tensor["parameters"]["binary_data_size"]
        data = binary or b""
        if type(declared) is not int or declared != len(data):
            raise InvalidTensor(f"binary_data_size is {shown(declared)}, {len(data)} bytes follow the JSON", self._hint)
        if size is not None and declared != size:
            raise InvalidTensor(f"binary_data_size is {declared}, shape and datatype need {size}", self._hint)
        return data

    def _json_data(self, tensor: dict[str, Any], count: int) -> list[Any]:
        """The tensor's data, flattened, as many elements as its shape says."""
        data = tensor.get("data")
        if not isinstance(data, list):
            raise InvalidTensor("the tensor has no data", self._hint)
        for _ in range(self._depth - 1):
            if data and len(data) >= count and not isinstance(data[0], list):
                break  # single elements, as many as there should be or more: a look at each takes long
            kinds = set(map(type, data))
            if list not in kinds:
                break
            if kinds != {list}:
                raise InvalidTensor("data mixes lists and single elements", self._hint)
            data = list(chain.from_iterable(data))
        if len(data) != count:
            raise InvalidTensor(f"data has {len(data)} elements, the shape needs {count}", self._hint)
        return data

    def _json_numbers(self, tensor: dict[str, Any], count: int, kind: Datatype, *, booleans: bool) -> npt.NDArray[Any]:
        flat = tensor.get("data")
        if not booleans and kind.any_bytes and isinstance(flat, list) and len(flat) == count:
            whole = whole_numbers(flat)
            if whole is not None:
                return np.frombuffer(whole, dtype=np.uint8)
        data = self._json_data(tensor, count)
        if kind.integers and (exact := exact_integers(data, kind.dtype)) is not None:
            return exact
        fractions = kind.integers and float in set(map(type, data))
        values = None if fractions else checked_numbers(data, booleans=booleans)
        if values is None:
            allowed = {int} if kind.integers else {int, float}
            index = next(index for index, value in enumerate(data) if type(value) not in allowed)
            raise InvalidTensor(f"element {index} of data is {shown(data[index])}, no {kind.name}", self._hint)
        return values

    def _rows(self, values: npt.NDArray[Any], kind: Datatype) -> Rows:
        """The examples in the input's dtype. Raises InvalidTensor for the first number that is not allowed."""
        if kind.any_bytes and values.dtype == np.uint8:
            return values.reshape(self._input.block)
        with np.errstate(over="ignore"):
            narrowed = values if kind.integers or kind.scale else values.astype(kind.dtype, copy=False)
        bad = outside(narrowed, kind.limits)
        if len(bad):
            needed = "finite" if kind.limits is None else "from {:g} to {:g}".format(*kind.limits)
            raise InvalidTensor(f"element {bad[0]} of data is {values[bad[0]]}, not {needed}", self._hint)
        if kind.scale:
            narrowed = values.astype(np.float64) * kind.scale
            narrowed = narrowed if self._input.dtype.kind == "f" else np.rint(narrowed)
        return narrowed.astype(self._input.dtype, copy=False).reshape(self._input.block)

    def _elements(self, tensor: dict[str, Any], count: int, binary: bytes | None) -> list[Any]:
        """The elements of a BYTES tensor: base64 strings from JSON, or bytes."""
        if not self._is_binary(tensor, binary):
            return self._json_data(tensor, count)
        data = self._binary_data(tensor, binary)
        elements: list[Any] = []
        start = 0
        for index in range(count):  # each is four bytes of length, then that many bytes
            end = start + 4 + int.from_bytes(data[start : start + 4], "little")
            if end > len(data):
                raise InvalidTensor(f"element {index} of data ends after its last byte", self._hint)
            elements.append(data[start + 4 : end])
            start = end
        if start != len(data):
            raise InvalidTensor(f"{len(data) - start} bytes follow the last of {count} elements", self._hint)
        return elements


def datatypes(given: InputSpec) -> list[Datatype]:
    """The datatypes that an input's numbers may come in."""
    own = Datatype(given.datatype, given.dtype, given.limits, None, given.treatment(given.datatype))
    if given.scale is None or given.datatype == _FRACTIONS:
        return [own]
    return [own, Datatype(_FRACTIONS, np.dtype("<f4"), (0.0, 1.0), given.scale, given.treatment(_FRACTIONS))]
