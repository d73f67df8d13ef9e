"""IDX, a format of published images: a big-endian header, then the values."""

import math
import struct

import numpy as np
import numpy.typing as npt

from training.errors import DataError

_UINT8, _INT16 = 0x08, 0x0B  # type codes; only uint8 is read, because images need no other type


def decode(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    """Return the values of an IDX file as a uint8 array of its shape.

    name  name of the file in errors
    Raises DataError if the header is not IDX, the type is not uint8, or the length differs from the header.
    """
    if len(data) < 4 or data[:2] != b"\0\0":
        raise DataError(f"{name} is not an IDX file: it should begin with two zero bytes")
    code, dimensions = data[2], data[3]
    if code != _UINT8:
        raise DataError(f"{name} holds IDX type 0x{code:02x}: only uint8 (0x08) is read")
    start = 4 + 4 * dimensions
    if dimensions == 0 or len(data) < start:
        raise DataError(f"{name} is not an IDX file: its header of {dimensions} dimensions is cut short")
    shape = struct.unpack(f">{dimensions}I", data[4:start])
    if math.prod(shape) != len(data) - start:
        raise DataError(f"{name} announces {shape} values but holds {len(data) - start}")
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape).copy()  # the copy is writable and aligned


def encode(array: npt.NDArray[np.unsignedinteger]) -> bytes:
    """Return an array as an IDX file: uint8 as bytes, and uint16 up to 32,767 as 16-bit integers."""
    code, kind = (_UINT8, ">u1") if array.dtype == np.uint8 else (_INT16, ">i2")
    return struct.pack(f">4B{array.ndim}I", 0, 0, code, array.ndim, *array.shape) + array.astype(kind).tobytes()
