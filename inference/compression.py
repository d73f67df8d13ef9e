"""Decompression of request bodies (Content-Encoding) within limits, and compression of answers."""

import gzip
import re
import zlib
from collections.abc import Mapping

from inference.cost import Charge, free, limited
from inference.errors import InvalidEncoding, TooLarge, UnsupportedMedia
from inference.http_message import Answer, Message

MOST = 10 * 1024 * 1024  # bytes of a decompressed body: the same limit as TorchServe's for a body without compression
WORTH = 16 * 1024  # bytes: compression of a smaller answer does not pay off
_STEP = 1 << 18  # bytes that are decompressed at a time
_SECONDS = 10e-9  # CPU seconds to decompress one byte
_MOST_MEMBERS = 64  # of a gzip file
_LEVEL = 1  # takes a fifth of the time of level 6, and makes a tenth more bytes
_NONE = re.compile(r"q=0(\.0*)?")
_GZIP, _ZLIB, _RAW = 31, 15, -15  # window bits
_ALIASES = {"x-gzip": "gzip"}
_HINT = "compress the whole body once with the encoding that Content-Encoding names"
_FEWER = "send fewer or smaller examples per request"


def decompressed(message: Message, charge: Charge = free) -> Message:
    """Return a message with its body decompressed.

    charge  called with the estimated CPU seconds before each part is decompressed
    Raises UnsupportedMedia for another encoding, InvalidEncoding for damaged bytes, and TooLarge for over 10 MiB.
    """
    named = message.headers["content-encoding"]
    encodings = [_ALIASES.get(name, name) for name in (part.strip().lower() for part in named.split(","))]
    encodings = [name for name in encodings if name not in ("identity", "")]
    if not encodings or not message.body:
        return message
    if encodings not in (["gzip"], ["deflate"]):
        raise UnsupportedMedia(
            f"Content-Encoding {named[:40]!r} is not supported",
            "send the body uncompressed, or compressed once with gzip or deflate",
        )
    body = _unpacked(message.body, encodings[0], limited(charge, lambda: "unpack and read the body", _FEWER))
    return Message(body, message.content_type, message.headers)


def _unpacked(data: bytes, encoding: str, charge: Charge) -> bytes:
    parts: list[bytes] = []
    size = 0
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(_window(data, encoding))
        while not unpacker.eof:
            charge(_STEP * _SECONDS if size else len(data) * _SECONDS)
            try:
                part = unpacker.decompress(data, _STEP)
            except zlib.error as error:
                raise InvalidEncoding(f"the body is not valid {encoding}: {error}", _HINT) from error
            data = unpacker.unconsumed_tail
            if not part and not data and not unpacker.eof:
                raise InvalidEncoding(f"the {encoding} data of the body is incomplete", _HINT)
            size += len(part)
            if size > MOST:
                raise TooLarge(f"the unpacked body is over {MOST >> 20} MiB", _FEWER)
            parts.append(part)
        data = unpacker.unused_data
        if not data.strip(b"\0"):
            return b"".join(parts)
        if encoding != "gzip":
            break
    raise InvalidEncoding(f"{len(data)} bytes follow the {encoding} data", _HINT)


def _window(data: bytes, encoding: str) -> int:
    """Return the window bits. Some clients send deflate without zlib's header."""
    if encoding == "gzip":
        return _GZIP
    has_header = len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return _ZLIB if has_header else _RAW


def compressed(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """Return an answer compressed by gzip or deflate, if the headers of the request accept one, else unchanged."""
    accepted = _accepted(headers.get("accept-encoding", ""))
    if "gzip" in accepted:
        name, body = "gzip", gzip.compress(answer.body, _LEVEL, mtime=0)
    elif "deflate" in accepted:
        name, body = "deflate", zlib.compress(answer.body, _LEVEL)
    else:
        return answer
    return answer._replace(body=body, headers={**answer.headers, "Content-Encoding": name, "Vary": "Accept-Encoding"})


def _accepted(header: str) -> set[str]:
    """Return the encodings that a client accepts: those with a weight above 0."""
    parts = (part.strip().lower().partition(";") for part in header.split(","))
    return {name.strip() for name, _, weight in parts if not _NONE.fullmatch(weight.replace(" ", ""))}
