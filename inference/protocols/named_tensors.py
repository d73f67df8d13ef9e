"""Open Inference Protocol requests with a tensor for each named input."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from inference.errors import InvalidTensor
from inference.hints import Hints
from inference.inputs.named import BOOLEAN, FREE, TEXT, Array, NamedInput, joined
from inference.protocols.datatypes import Datatype
from inference.protocols.json_text import JsonObject
from inference.protocols.named_objects import closest
from inference.protocols.named_values import limits
from inference.protocols.numbers import shown
from inference.protocols.request import check_count
from inference.protocols.tensor_input import TensorReader
from inference.protocols.tensor_output import OutputReader
from inference.protocols.tensors import RequestReader, TensorRequest, request_id
from inference.spec import InputSpec, ModelSpec
from inference.treatment import Treatment

_TREATMENT = Treatment("tensors")
_BYTES = np.dtype("u1")


class NamedTensorReader(TensorReader):
    """Reader of the tensor of one input, in the layout of the network."""

    def __init__(self, input_spec: NamedInput, hints: Hints) -> None:
        dtype = _BYTES if input_spec.datatype in (TEXT, BOOLEAN) else input_spec.dtype
        super().__init__(InputSpec(input_spec.name, (), dtype), hints, None)
        self._named = input_spec
        bounds = (0, 1) if input_spec.datatype == BOOLEAN else limits(input_spec)
        self._kind = Datatype(input_spec.datatype, dtype, bounds, None, _TREATMENT)
        self._place = f"input {input_spec.name[:40]!r}"

    def array(self, tensor: dict[str, Any], binary: bytes | None) -> tuple[int | None, Array]:
        """Return the number of examples, or None for an input that all examples share, and the array of the tensor."""
        input_spec = self._named
        try:
            if tensor.get("datatype") != input_spec.datatype:
                raise InvalidTensor(
                    f"datatype is {shown(tensor.get('datatype'))}, not {input_spec.datatype}", self._hint
                )
            shape = self._layout(self._shape(tensor))
            array = self._values(tensor, math.prod(shape), binary).reshape(shape)
        except InvalidTensor as error:
            raise InvalidTensor(f"{self._place}: {error.message}", error.hint) from error
        if input_spec.axis is None:
            return None, array
        return shape[input_spec.axis], np.moveaxis(array, input_spec.axis, 0)

    def _layout(self, shape: list[int]) -> tuple[int, ...]:
        """Return the shape of a tensor. Raises InvalidTensor if it does not fit the network."""
        layout = self._named.layout("N")
        if any(side < 1 for side in shape):
            raise InvalidTensor("shape must be a list of whole numbers from 1", self._hint)
        if not layout and shape in ([], [1]):
            return ()
        if len(shape) != len(layout) or any(
            own not in ("N", FREE, side) for own, side in zip(layout, shape, strict=True)
        ):
            own = ", ".join("any" if side == FREE else str(side) for side in layout)
            raise InvalidTensor(f"shape is {str(shape)[:40]}, not [{own}]", self._hint)
        return tuple(shape)

    def _values(self, tensor: dict[str, Any], count: int, binary: bytes | None) -> Array:
        """Return the elements of the tensor, (count,)."""
        if self._named.datatype == TEXT:
            return np.array([self._text(element) for element in self._elements(tensor, count, binary)], object)
        if self._is_binary(tensor, binary):
            size = count * self._kind.dtype.itemsize
            values: Array = np.frombuffer(self._binary_data(tensor, binary, size), self._kind.dtype)
        elif self._named.datatype == BOOLEAN:
            data = self._json_data(tensor, count)
            if set(map(type, data)) - {bool}:
                index = next(index for index, element in enumerate(data) if not isinstance(element, bool))
                raise InvalidTensor(f"element {index} of data is {shown(data[index])}, not BOOL", self._hint)
            return np.array(data, np.bool_)
        else:
            values = self._json_numbers(tensor, count, self._kind, booleans=True)
        rows, _ = self._rows(values, self._kind)
        return rows.astype(self._named.dtype, copy=False)

    def _text(self, element: object) -> str:
        """Return the text of an element. In binary data it must be UTF-8."""
        try:
            text = element.decode() if isinstance(element, bytes) else element
        except UnicodeDecodeError as error:
            raise InvalidTensor(f"an element of data is not UTF-8: {error}", self._hint) from error
        if not isinstance(text, str):
            raise InvalidTensor(f"an element of data is {shown(text)}, not a string", self._hint)
        return text


class NamedRequestReader(RequestReader):
    """Reader of v2 requests with one tensor for each named input."""

    def __init__(self, spec: ModelSpec, hints: Hints) -> None:
        self._hints = hints
        self._outputs = OutputReader(spec.output, hints)
        self._input = spec.input
        self._inputs = spec.inputs
        self._readers = {input_spec.name: NamedTensorReader(input_spec, hints) for input_spec in spec.inputs}

    def decode(self, sent: JsonObject, binary: bytes | None = None) -> TensorRequest:
        """Read a v2 request. Raises InvalidTensor for a missing, unknown, repeated or wrong input, and TooLarge."""
        named = request_id(sent.members, self._hints.request)
        outputs = self._outputs.requested(sent.members)
        arrays: dict[str, Array] = {}
        counts: dict[str, int] = {}
        rest = binary
        for name, tensor in self._tensors(sent.members["inputs"]).items():
            part, rest = self._part(tensor, rest)
            count, arrays[name] = self._readers[name].array(tensor, part)
            if count is not None:
                counts[name] = count
        if rest:
            raise InvalidTensor(f"{len(rest)} bytes follow the last tensor's", self._hints.request)
        if len(set(counts.values())) > 1:
            raise InvalidTensor(f"the inputs have different numbers of examples: {counts!s:.120}", self._hints.request)
        count = next(iter(counts.values()), 1)
        check_count(count, self._input)
        shared = {input_spec.name for input_spec in self._inputs if input_spec.axis is None}
        columns: Mapping[str, Any] = {
            name: [array] * count if name in shared else array for name, array in arrays.items()
        }
        rows = joined(self._inputs, columns, count)
        return TensorRequest(rows, [_TREATMENT] * count, named, outputs)

    def _tensors(self, inputs: Any) -> dict[str, dict[str, Any]]:
        """Return the tensors by name. Raises InvalidTensor for a missing, unknown or repeated tensor."""
        hint = self._hints.request
        if not isinstance(inputs, list) or not inputs or not all(isinstance(entry, dict) for entry in inputs):
            raise InvalidTensor("inputs must be a list of tensors", hint)
        tensors: dict[str, dict[str, Any]] = {}
        for tensor in inputs:
            name = tensor.get("name")
            if not isinstance(name, str) or name not in self._readers:
                close = closest(name, set(self._readers)) if isinstance(name, str) else ""
                raise InvalidTensor(f"unknown input {shown(name)}{close}", hint)
            if name in tensors:
                raise InvalidTensor(f"inputs has the tensor {shown(name)} twice", hint)
            tensors[name] = tensor
        for entry in self._inputs:
            if entry.name not in tensors and entry.default is None:
                raise InvalidTensor(f"the input {shown(entry.name)} is missing", hint)
        return tensors

    def _part(self, tensor: dict[str, Any], binary: bytes | None) -> tuple[bytes | None, bytes | None]:
        """Return the bytes of a tensor, and the bytes that follow them."""
        parameters = tensor.get("parameters")
        size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
        if binary is None or type(size) is not int or size < 0:
            return None, binary
        return binary[:size], binary[size:]
