"""The input tensor of an Open Inference Protocol request."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.cost import Charge, free
from inference.errors import InvalidTensor
from inference.images import image_file
from inference.protocols.lists import numbers, shown, whole_numbers
from inference.protocols.request import check_count
from model.pixels import SIDE, Images, Treatment

_HINT = "datatype UINT8 (0..255), FP32 (0..1) with shape [N,784], [N,28,28] or [N,1,28,28], or BYTES with shape [N]"
_PIXEL_SHAPES = ([784], [28, 28], [1, 28, 28])
_DTYPES: dict[str, np.dtype[Any]] = {"UINT8": np.dtype("u1"), "FP32": np.dtype("<f4")}
_DEPTH = 4  # of nested lists: the longest shape

Prepared = tuple[Images, Sequence[Treatment]]


def read(tensor: dict[str, Any], binary: bytes | None, *, booleans: bool, charge: Charge = free) -> Prepared:
    """The images of one input tensor, whose data is in its JSON or in the bytes that followed it.

    Raises InvalidTensor for a shape, datatype or data that contradict each other; InvalidImage and TooLarge.
    """
    datatype: Any = tensor.get("datatype")
    if datatype == "BYTES":
        count = _checked_shape(tensor, ([], [1]))
        return _read_files(_elements(tensor, count, binary), charge)
    if not isinstance(datatype, str) or datatype not in _DTYPES:
        raise InvalidTensor(f"datatype is {shown(datatype)}", _HINT)
    count = _checked_shape(tensor, _PIXEL_SHAPES)
    dtype = _DTYPES[datatype]
    if _is_binary(tensor, binary):
        values = np.frombuffer(_binary_data(tensor, binary, count * SIDE * SIDE * dtype.itemsize), dtype=dtype)
    else:
        values = _json_numbers(tensor, count * SIDE * SIDE, dtype, booleans=booleans)
    return _read_pixels(values, datatype)


def _checked_shape(tensor: dict[str, Any], allowed: Sequence[list[int]]) -> int:
    """The number of images N of a shape [N, *one of the allowed]."""
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not shape or any(type(side) is not int for side in shape):
        raise InvalidTensor("shape must be a list of whole numbers", _HINT)
    if shape[0] < 1 or shape[1:] not in allowed:
        raise InvalidTensor(f"shape is {str(shape)[:40]}", _HINT)
    check_count(shape[0])
    return int(shape[0])


def _is_binary(tensor: dict[str, Any], binary: bytes | None) -> bool:
    parameters = tensor.get("parameters", {})
    if not isinstance(parameters, dict):
        raise InvalidTensor("parameters must be an object", _HINT)
    if "binary_data_size" in parameters:
        if "data" in tensor:
            raise InvalidTensor("the tensor has both data and binary_data_size", _HINT)
        return True
    if binary:
        raise InvalidTensor(f"{len(binary)} bytes follow the JSON, but the tensor has no binary_data_size", _HINT)
    return False


def _binary_data(tensor: dict[str, Any], binary: bytes | None, size: int | None = None) -> bytes:
    declared = tensor["parameters"]["binary_data_size"]
    if type(declared) is not int or declared != len(binary or b""):
        raise InvalidTensor(f"binary_data_size is {shown(declared)}, {len(binary or b'')} bytes follow the JSON", _HINT)
    if size is not None and declared != size:
        raise InvalidTensor(f"binary_data_size is {declared}, shape and datatype need {size}", _HINT)
    return binary or b""


def _json_data(tensor: dict[str, Any], count: int) -> list[Any]:
    """The tensor's data, flattened, as many elements as its shape says."""
    data = tensor.get("data")
    if not isinstance(data, list):
        raise InvalidTensor("the tensor has no data", _HINT)
    for _ in range(_DEPTH - 1):
        if data and len(data) >= count and not isinstance(data[0], list):
            break  # single elements, as many as there should be or more: a look at each takes long
        kinds = set(map(type, data))
        if list not in kinds:
            break
        if kinds != {list}:
            raise InvalidTensor("data mixes lists and single elements", _HINT)
        data = list(chain.from_iterable(data))
    if len(data) != count:
        raise InvalidTensor(f"data has {len(data)} elements, the shape needs {count}", _HINT)
    return data


def _json_numbers(tensor: dict[str, Any], count: int, dtype: np.dtype[Any], *, booleans: bool) -> npt.NDArray[Any]:
    flat = tensor.get("data")
    if not booleans and dtype.kind == "u" and isinstance(flat, list) and len(flat) == count:
        whole = whole_numbers(flat)
        if whole is not None:
            return np.frombuffer(whole, dtype=np.uint8)
    data = _json_data(tensor, count)
    integers = dtype.kind == "u"
    found = None if integers and float in set(map(type, data)) else numbers(data, booleans=booleans)
    if found is None:
        allowed = {int} if integers else {int, float}
        index = next(index for index, value in enumerate(data) if type(value) not in allowed)
        raise InvalidTensor(f"element {index} of data is {shown(data[index])}, no {tensor['datatype']}", _HINT)
    return found


def _read_pixels(values: npt.NDArray[Any], datatype: str) -> Prepared:
    if values.dtype == np.uint8:
        return _images(values, datatype)
    top = 255 if datatype == "UINT8" else 1
    good = (values >= 0) & (values <= top)  # false for NaN
    if not good.all():
        index = int(np.flatnonzero(~good)[0])
        raise InvalidTensor(f"element {index} of data is {values[index]}, not from 0 to {top}", _HINT)
    if datatype == "FP32":
        values = np.rint(values.astype(np.float64) * 255.0)
    return _images(values.astype(np.uint8), datatype)


def _images(pixels: npt.NDArray[np.uint8], datatype: str) -> Prepared:
    images = pixels.reshape(-1, SIDE, SIDE)
    return images, [Treatment(datatype)] * len(images)


def _elements(tensor: dict[str, Any], count: int, binary: bytes | None) -> list[Any]:
    """The elements of a BYTES tensor: base64 strings from JSON, or bytes."""
    if not _is_binary(tensor, binary):
        return _json_data(tensor, count)
    data = _binary_data(tensor, binary)
    elements: list[Any] = []
    start = 0
    for index in range(count):  # each is four bytes of length, then that many bytes
        end = start + 4 + int.from_bytes(data[start : start + 4], "little")
        if end > len(data):
            raise InvalidTensor(f"element {index} of data ends after its last byte", _HINT)
        elements.append(data[start + 4 : end])
        start = end
    if start != len(data):
        raise InvalidTensor(f"{len(data) - start} bytes follow the last of {count} elements", _HINT)
    return elements


def _read_files(elements: list[Any], charge: Charge) -> Prepared:
    files = {f"element {index} of data": element for index, element in enumerate(elements)}
    return image_file.read_all(files, charge)
