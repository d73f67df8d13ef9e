"""gRPC messages in HTTP bodies, and gRPC answers in the form that the gateway expects."""

import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from serving.rpc.errors import Code, InvalidError, TooLongError, UnimplementedError

MOST_BYTES = 11 << 20  # of a message: 10 MiB of the gateway's limit, and the fields around the tensors
_LARGE, _MOST_RATIO = 1 << 20, 100  # a message of over 1 MiB may be at most 100 times as long as its compressed form
_PREFIX = 5  # bytes: a flag for compression, and the length of the message
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\n"


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return the single message of a body.

    encoding  header grpc-encoding

    Raises InvalidError if the body is not a single message, UnimplementedError for another encoding, and TooLongError.
    """
    if len(body) < _PREFIX or len(body) - _PREFIX != int.from_bytes(body[1:_PREFIX], "big"):
        raise InvalidError("the body is not one message: send a unary call")
    if not body[0]:
        return body[_PREFIX:]
    if encoding not in _WINDOWS:
        raise UnimplementedError(f"unsupported encoding {encoding!r:.40}: send identity, gzip or deflate")
    unpacking = zlib.decompressobj(_WINDOWS[encoding])
    try:
        message = unpacking.decompress(body[_PREFIX:], MOST_BYTES + 1)
    except zlib.error as error:
        raise InvalidError(f"the message is not valid {encoding}: {error}: send it again") from error
    if len(message) > max(_LARGE, _MOST_RATIO * len(body)):
        raise TooLongError(f"the message was compressed over {_MOST_RATIO} times: send it uncompressed")
    if len(message) > MOST_BYTES:
        raise TooLongError(f"the message is over {MOST_BYTES} bytes: send fewer examples per request")
    if not unpacking.eof:
        raise InvalidError(f"the {encoding} data of the message is incomplete: send it again")
    return message


def seconds(timeout: str) -> float | None:
    """Return the header grpc-timeout in seconds; None if it is empty. Raises InvalidError."""
    if not timeout:
        return None
    if not (timeout[:-1].isdecimal() and timeout[-1] in _UNITS):
        raise InvalidError(f"grpc-timeout is {timeout!r:.20}: send a number and a unit, such as 500m")
    return int(timeout[:-1]) * _UNITS[timeout[-1]]


def success(message: Any) -> bytes:
    """Return the HTTP answer with a message."""
    content = message.SerializeToString()
    size = len(content)
    return b"%btransfer-encoding: chunked\r\n\r\n%x\r\n\0%b%b\r\n0\r\ngrpc-status: 0\r\n\r\n" % (
        _HEAD,
        _PREFIX + size,
        size.to_bytes(4, "big"),
        content,
    )


def failure(code: Code, text: str, trailer: Mapping[str, str]) -> bytes:
    """Return the HTTP answer with a status and no message."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in trailer.items())
    status = f"grpc-status: {code:d}\r\ngrpc-message: {quote(text, safe=' !#$&()*+,/:;=?@[]{}<>^|~')}\r\n"
    return _HEAD + f"{lines}{status}content-length: 0\r\n\r\n".encode("latin-1")
