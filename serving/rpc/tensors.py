"""Typed contents of tensors, as bytes of the binary tensor data extension.

The protocol has one list of contents for several datatypes: UINT8 comes as uint_contents, for example.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from serving.rpc.errors import InvalidError, TooLongError

_LENGTH = 4  # bytes before each element of BYTES
_MOST = 1 << 22  # numbers in a list: 4,096 small images have 3.2 million
_LISTS: dict[str, tuple[str, str]] = {  # datatype -> its list, and the dtype of its numbers
    "BOOL": ("bool_contents", "?"),
    "INT8": ("int_contents", "i1"),
    "INT16": ("int_contents", "<i2"),
    "INT32": ("int_contents", "<i4"),
    "INT64": ("int64_contents", "<i8"),
    "UINT8": ("uint_contents", "u1"),
    "UINT16": ("uint_contents", "<u2"),
    "UINT32": ("uint_contents", "<u4"),
    "UINT64": ("uint64_contents", "<u8"),
    "FP32": ("fp32_contents", "<f4"),
    "FP64": ("fp64_contents", "<f8"),
    "BYTES": ("bytes_contents", ""),
}


def encoded(tensor: Any) -> bytes:
    """Return the contents of an InferInputTensor as bytes.

    Raises InvalidError for a datatype without typed contents, for contents of another datatype, and for a number that
    the datatype cannot hold; TooLongError for over four million numbers, which take long.
    """
    name, datatype = tensor.name, tensor.datatype
    if datatype not in _LISTS:
        raise InvalidError(f"tensor {name!r:.80} has datatype {datatype!r:.20}: send its data as raw_input_contents")
    field, dtype = _LISTS[datatype]
    contents = tensor.contents
    if others := sorted({field_set.name for field_set, _ in contents.ListFields()} - {field}):
        raise InvalidError(f"tensor {name!r:.80} is {datatype} and has {others[0]}: send {field}")
    values = getattr(contents, field)
    if len(values) > _MOST:
        raise TooLongError(f"tensor {name!r:.80} has {len(values)} numbers: send its data as raw_input_contents")
    if datatype == "BYTES":
        return b"".join(part for value in values for part in (len(value).to_bytes(_LENGTH, "little"), value))
    try:
        return np.fromiter(values, dtype, len(values)).tobytes()
    except OverflowError:
        bounds = np.iinfo(dtype)
        raise InvalidError(
            f"tensor {name!r:.80} is {datatype}: send numbers from {bounds.min} to {bounds.max}"
        ) from None


def parameters(given: Any) -> dict[str, object]:
    """Return a map of InferParameter as JSON has it."""
    return {name: getattr(value, value.WhichOneof("parameter_choice") or "", None) for name, value in given.items()}


def fill(target: Any, given: Iterable[tuple[str, object]]) -> None:
    """Set a map of InferParameter from JSON, except values that are not numbers, texts or booleans."""
    fields: dict[type, Callable[[Any, Any], None]] = {
        bool: lambda parameter, value: setattr(parameter, "bool_param", value),
        int: lambda parameter, value: setattr(parameter, "int64_param", value),
        str: lambda parameter, value: setattr(parameter, "string_param", value),
    }
    for name, value in given:
        if set_to := fields.get(type(value)):
            set_to(target[name], value)
