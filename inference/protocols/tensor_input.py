"""Input tensor of an Open Inference Protocol request."""

import math
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.errors import InvalidTensor
from inference.hints import Hints
from inference.images.image_file import has_magic
from inference.protocols.datatypes import Datatype, readable
from inference.protocols.files import FileReader
from inference.protocols.json_text import JsonObject
from inference.protocols.lists import Read, without_ones
from inference.protocols.numbers import (
    CLIPPED,
    checked_numbers,
    exact_integers,
    nearly_unit,
    outside,
    shown,
    whole_numbers,
)
from inference.protocols.request import check_count
from inference.spec import InputSpec, Rows
from inference.treatment import Treatment

_MOST_DEPTH = 6  # levels of nested lists
_MOST_SIDES = 32  # sides of a shape: the limit of NumPy before version 2


class TensorReader:
    """Reader of the examples in one input tensor, whose data is in the JSON or in the bytes after it."""

    def __init__(self, spec: InputSpec, hints: Hints, files: FileReader | None) -> None:
        self._input = spec
        self._hint = hints.tensor
        self._files = files
        self._shapes = [[spec.size], list(spec.shape), *map(list, spec.tensor_shapes)]
        self._squeezed = [without_ones(shape) for shape in self._shapes]
        self._datatypes = readable(spec)

    def read(self, tensor: dict[str, Any], binary: bytes | None, sent: JsonObject) -> Read:
        """Read a tensor. Raises InvalidImage, TooLarge, or InvalidTensor if shape, datatype and data do not agree."""
        datatype: Any = tensor.get("datatype")
        if datatype == "BYTES" and self._files:
            count = self._count(tensor, binary, 0)
            elements = self._elements(tensor, count, binary)
            return self._files.read_all({f"element {i} of data": file for i, file in enumerate(elements)}, sent.charge)
        if not isinstance(datatype, str) or datatype not in self._datatypes:
            raise InvalidTensor(f"unsupported datatype {shown(datatype)}", self._hint)
        kind = self._datatypes[datatype]
        count = self._count(tensor, binary, kind.dtype.itemsize)
        size = count * self._input.size
        if self._is_binary(tensor, binary):
            values = np.frombuffer(self._binary_data(tensor, binary, size * kind.dtype.itemsize), dtype=kind.dtype)
        else:
            values = self._json_numbers(tensor, size, kind, booleans=sent.booleans)
        rows, treatment = self._rows(values, kind)
        return rows, [treatment] * count

    def _count(self, tensor: dict[str, Any], binary: bytes | None, itemsize: int) -> int:
        """Return the number of examples N of a shape [N, *shape of an example]; axes of length 1 are ignored.

        itemsize  bytes of an element; 0: the elements are files
        """
        shape = self._shape(tensor)
        if not shape:
            raise InvalidTensor("shape must be a list of whole numbers", self._hint)
        sides = shape[1:]
        if itemsize and sides in self._shapes and shape[0] > 0:
            check_count(shape[0], self._input)
            return int(shape[0])
        actual = self._inferred(shape, self._sent(tensor, binary, itemsize), itemsize) if -1 in shape else shape
        allowed = self._squeezed if itemsize else [[]]
        if actual[0] < 1 or without_ones(actual[1:]) not in allowed:
            raise InvalidTensor(f"unsupported shape {str(shape)[:40]}", self._hint)
        check_count(actual[0], self._input)
        return int(actual[0])

    def _shape(self, tensor: dict[str, Any]) -> list[int]:
        """Return the shape of a tensor. Raises InvalidTensor for too many dimensions."""
        shape = tensor.get("shape")
        if isinstance(shape, list) and len(shape) > _MOST_SIDES:
            raise InvalidTensor(f"shape has {len(shape)} dimensions", self._hint)
        if not isinstance(shape, list) or any(type(side) is not int for side in shape):
            raise InvalidTensor("shape must be a list of whole numbers", self._hint)
        return shape

    def _inferred(self, shape: list[int], sent: int, itemsize: int) -> list[int]:
        """Return the shape with a side of -1 replaced. Its value follows from the number of elements."""
        if shape == [-1] and itemsize and sent % self._input.size == 0:
            return [sent // self._input.size, self._input.size]
        rest = math.prod(side for side in shape if side != -1)
        if shape.count(-1) > 1 or rest < 1 or sent % rest:
            return shape
        return [sent // rest if side == -1 else side for side in shape]

    def _sent(self, tensor: dict[str, Any], binary: bytes | None, itemsize: int) -> int:
        """Return the number of elements in the data of a tensor, independent of its stated shape."""
        if not self._is_binary(tensor, binary):
            count, level = 1, tensor.get("data")
            for _ in range(_MOST_DEPTH):
                if not isinstance(level, list) or not level:
                    break
                count, level = count * len(level), level[0]
            return count
        data = self._binary_data(tensor, binary)
        if itemsize:
            return len(data) // itemsize
        count = start = 0
        while start < len(data) and count <= self._input.most:
            start += 4 + int.from_bytes(data[start : start + 4], "little")
            count += 1
        return count

    def _is_binary(self, tensor: dict[str, Any], binary: bytes | None) -> bool:
        parameters = tensor.get("parameters")
        if parameters is not None and not isinstance(parameters, dict):
            raise InvalidTensor("parameters must be an object", self._hint)
        if parameters and parameters.get("binary_data_size") is not None:
            if tensor.get("data"):
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
            raise InvalidTensor(
                f"binary_data_size is {shown(declared)}, but {len(data)} bytes follow the JSON", self._hint
            )
        if size is not None and declared != size:
            raise InvalidTensor(f"binary_data_size is {declared}, but shape and datatype need {size}", self._hint)
        return data

    def _json_data(self, tensor: dict[str, Any], count: int) -> list[Any]:
        """Return the data of the tensor as a flat list. Raises InvalidTensor if it does not have ``count`` elements."""
        data = tensor.get("data")
        if not isinstance(data, list):
            raise InvalidTensor("the tensor has no data", self._hint)
        for _ in range(_MOST_DEPTH):
            if data and len(data) >= count and not isinstance(data[0], list):
                break  # flat and long enough: checking the type of each element would take long
            kinds = set(map(type, data))
            if list not in kinds:
                break
            if kinds != {list}:
                raise InvalidTensor("data mixes lists and single elements", self._hint)
            data = list(chain.from_iterable(data))
        if len(data) != count:
            raise InvalidTensor(f"data has {len(data)} elements, but the shape needs {count}", self._hint)
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
            raise InvalidTensor(f"element {index} of data is {shown(data[index])}, not {kind.name}", self._hint)
        return values

    def _rows(self, values: npt.NDArray[Any], kind: Datatype) -> tuple[Rows, Treatment]:
        """Return the examples in the dtype of the input, and the treatment of each.

        Raises InvalidTensor with the first number that is not allowed.
        """
        spec, treatment = self._input, kind.treatment
        if kind.any_bytes and values.dtype == np.uint8:
            return values.reshape(spec.block), treatment
        with np.errstate(over="ignore"):
            narrow = spec.dtype if spec.dtype.kind == "f" else kind.dtype
            narrowed = values if kind.integers or kind.scale else values.astype(narrow, copy=False)
        bad = outside(narrowed, kind.limits)
        if len(bad) and kind.scale and nearly_unit(values):
            values, treatment = np.clip(values, 0.0, 1.0), replace(treatment, steps=(CLIPPED,))
        elif len(bad):
            needed = "finite" if kind.limits is None else "from {:g} to {:g}".format(*kind.limits)
            raise self._refused(bad[0], values, needed)
        if kind.whole and len(parts := np.flatnonzero(narrowed % 1)):
            raise self._refused(parts[0], values, "a whole number")
        if kind.scale:
            narrowed = values.astype(np.float64) * kind.scale
            narrowed = narrowed if spec.dtype.kind == "f" else np.rint(narrowed)
        return narrowed.astype(spec.dtype, copy=False).reshape(spec.block), treatment

    def _refused(self, index: np.intp, values: npt.NDArray[Any], needed: str) -> InvalidTensor:
        return InvalidTensor(f"element {index} of data is {values[index]}, not {needed}", self._hint)

    def _elements(self, tensor: dict[str, Any], count: int, binary: bytes | None) -> list[Any]:
        """Return the elements of a BYTES tensor: base64 strings from JSON, or bytes."""
        if not self._is_binary(tensor, binary):
            return self._json_data(tensor, count)
        data = self._binary_data(tensor, binary)
        elements: list[Any] = []
        start = 0
        for index in range(count):  # each element begins with its length in four bytes
            end = start + 4 + int.from_bytes(data[start : start + 4], "little")
            if end > len(data):
                reason = f"element {index} of data is longer than the remaining data"
                if has_magic(data[start:]):
                    reason = f"element {index} of data has no length: 4 bytes, little-endian, before the file"
                raise InvalidTensor(reason, self._hint)
            elements.append(data[start + 4 : end])
            start = end
        if start != len(data):
            raise InvalidTensor(f"{len(data) - start} bytes of data follow the last element, {count - 1}", self._hint)
        return elements
