"""Limits of the fields in a ModelInferRequest, checked before it is parsed.

The parser makes an object of a hundred bytes from a field of two. A message of 11 MB took seconds and gigabytes, and
blocked all others.
"""

from collections.abc import Iterator
from typing import NamedTuple

from open_inference.grpc import protocol

from serving.rpc.errors import InvalidError

_SHORT = 4096  # bytes of a message that needs no check
_MOST = 1024  # most fields of a request, and of one tensor
_MOST_ELEMENTS = 1 << 16  # most fields of a tensor's contents: elements of BYTES; numbers are one field
_MOST_SHAPE = 320  # bytes: 32 sides of at most 10 bytes each
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_FIXED = {_FIXED64: 8, _FIXED32: 4}

_Tensor = protocol.ModelInferRequest.InferInputTensor
_INPUTS: int = protocol.ModelInferRequest.DESCRIPTOR.fields_by_name["inputs"].number
_SHAPE: int = _Tensor.DESCRIPTOR.fields_by_name["shape"].number
_CONTENTS: int = _Tensor.DESCRIPTOR.fields_by_name["contents"].number


class _Field(NamedTuple):
    """Number of a field, and the range of its bytes."""

    number: int
    start: int
    end: int


def check(content: bytes) -> None:
    """Check that a long ModelInferRequest has no more fields than it needs. Raises InvalidError.

    Bytes that are no protobuf message pass: the parser reports them.
    """
    if len(content) <= _SHORT:
        return
    try:
        for tensor in _limited(content, 0, len(content), _MOST, "the message"):
            if tensor.number == _INPUTS:
                _check_tensor(content, tensor)
    except IndexError:  # the message ends within a number
        return


def _check_tensor(content: bytes, tensor: _Field) -> None:
    for field in _limited(content, tensor.start, tensor.end, _MOST, "an input"):
        if field.number == _SHAPE and field.end - field.start > _MOST_SHAPE:
            raise InvalidError(f"the shape of an input has {field.end - field.start} bytes: send at most 32 dimensions")
        if field.number == _CONTENTS:
            for _ in _limited(content, field.start, field.end, _MOST_ELEMENTS, "the contents of an input"):
                pass


def _limited(content: bytes, start: int, end: int, most: int, name: str) -> Iterator[_Field]:
    """Yield the fields of a message inside another. Raises InvalidError for more than ``most``."""
    for count, field in enumerate(_fields(content, start, end)):
        if count == most:
            raise InvalidError(
                f"{name} has over {most} fields: send fewer fields, and numbers packed or in raw_input_contents"
            )
        yield field


def _fields(content: bytes, at: int, end: int) -> Iterator[_Field]:
    """Yield the fields before the first invalid one."""
    while at < end:
        tag, at = _number(content, at)
        kind = tag & 7
        if kind == _BYTES:
            size, at = _number(content, at)
            after = at + size
        elif kind == _VARINT:
            _, after = _number(content, at)
        elif kind in _FIXED:
            after = at + _FIXED[kind]
        else:
            return
        yield _Field(tag >> 3, at, min(after, end))
        at = after


def _number(content: bytes, at: int) -> tuple[int, int]:
    """Return a varint, and the position after it. Raises IndexError."""
    byte = content[at]
    if byte < 128:
        return byte, at + 1
    number, shift = byte & 127, 7
    while True:
        at += 1
        byte = content[at]
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128 or shift > 63:
            return number, at + 1
