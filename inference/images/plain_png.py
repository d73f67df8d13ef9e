"""Decoding of small PNG files, grey or RGB with 8 bits a channel, without Pillow.

Pillow reads the chunks of a file in Python, which takes several times as long as decoding a small image. Here
libdeflate decompresses the pixels in less than half the time of zlib, and libspng reverses the row filters. libspng
gets the rows in a new, uncompressed PNG file, so that its parser never reads bytes of a client.
"""

import struct
import zlib
from functools import lru_cache

import deflate
import numpy as np
import numpy.typing as npt
from pyspng import _pyspng_c as libspng

from inference.cost import Charge
from inference.images import image_cost
from inference.images.headers.png import ORIENTED

_MODES = {0: "L", 2: "RGB"}  # by colour type
_CHANNELS = {"L": 1, "RGB": 3}
_FORMATS = {"L": libspng.SPNG_FMT_G8, "RGB": libspng.SPNG_FMT_RGB8}
_MOST_PIXELS = 1 << 16  # for larger images, reading the chunks is a small part of the time
_MOST_CHUNKS = 64  # encoders write at least 8 kB of pixels a chunk
_HEADER = struct.Struct(">16sIIBBBBBI")  # the signature and the chunk IHDR (ISO 15948, clause 11.2.2)
_BEGIN = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_PIXELS, _END = b"IDAT", b"IEND"
_TEXTS = frozenset((b"tEXt", b"zTXt"))
_METADATA = _TEXTS | {b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"tIME", b"bKGD"}  # do not change pixels in Pillow
_MOST_METADATA = 4096  # bytes of a chunk
_MOST_KEY = 80  # bytes of the key of a text and the zero after it
_MOST_BLOCKS = 256  # bytes that compression may add to random data; a limit, because even empty blocks cost time
_CRC = bytes(4)  # libspng does not check checksums
_STORED = 0xFFFF  # largest number of bytes in an uncompressed block (RFC 1951)
_LEVEL = b"\x78\x01"  # header of a zlib stream (RFC 1950)
_TAIL = _CRC + _CRC + bytes(4) + _END + _CRC  # checksums of the stream and of its chunk, and the last chunk

Pixels = npt.NDArray[np.uint8]


def read(data: bytes, mode: str, size: tuple[int, int], charge: Charge) -> Pixels | None:
    """Return the pixels of a plain PNG file, uint8 (height, width) in grey, (height, width, 3) in colour.

    mode    L or RGB
    size    width and height
    charge  called with the estimated CPU seconds before the pixels are decoded; it may raise a ServiceError

    Returns None for a file of another mode or size, with chunks that may change its pixels, or with damage.
    """
    if _header(data[: _HEADER.size]) != (mode, size):
        return None
    content = _content(data)
    if content is None:
        return None
    charge(image_cost.plain_png_seconds(mode, size, len(data)))
    return _decoded(content, data[: _HEADER.size], mode, size)


@lru_cache(maxsize=64)
def _header(head: bytes) -> tuple[str, tuple[int, int]] | None:
    """Return the mode and the size in the header of a plain PNG file; None for other bytes."""
    if len(head) < _HEADER.size or not head.startswith(_BEGIN) or zlib.crc32(head[12:29]) != int.from_bytes(head[29:]):
        return None
    _, width, height, depth, colour, compression, filter_, interlace, _ = _HEADER.unpack(head)
    plain = depth == 8 and colour in _MODES and compression == filter_ == interlace == 0
    return (_MODES[colour], (width, height)) if plain and 0 < width * height <= _MOST_PIXELS else None


def _content(data: bytes) -> bytes | None:
    """Return the content of the chunks IDAT; None if other chunks may change the pixels."""
    parts: list[bytes] = []
    at, before = _HEADER.size, b""
    for _ in range(_MOST_CHUNKS):
        start = at + 8
        kind, end = data[at + 4 : start], start + int.from_bytes(data[at : at + 4])
        if kind == _PIXELS and (before == _PIXELS or not parts):
            parts.append(data[start:end])
        elif kind == _END:
            return parts[0] if len(parts) == 1 else b"".join(parts)
        elif kind not in _METADATA or not _is_harmless(data[at + 4 : end], data[end : end + len(_CRC)]):
            return None
        at, before = end + len(_CRC), kind
    return None


def _is_harmless(chunk: bytes, crc: bytes) -> bool:
    """Return True for a valid chunk of metadata (kind and content) that does not rotate the image."""
    key = chunk[4 : 4 + _MOST_KEY].partition(b"\0")[0]
    turns = chunk[:4] in _TEXTS and key.decode("latin-1") in ORIENTED
    return len(chunk) <= _MOST_METADATA and not turns and zlib.crc32(chunk).to_bytes(4) == crc


def _decoded(content: bytes, head: bytes, mode: str, size: tuple[int, int]) -> Pixels | None:
    length = (size[0] * _CHANNELS[mode] + 1) * size[1]
    if len(content) > length + length // 64 + _MOST_BLOCKS:
        return None
    try:
        rows = deflate.zlib_decompress(content, length)
        if len(rows) != length:
            return None
        pixels: Pixels = libspng.spng_decode_image_bytes(_stored(head, rows), _FORMATS[mode])
    except (deflate.DeflateError, RuntimeError):  # invalid stream, and invalid filter of a row
        return None
    return pixels if mode == "RGB" else pixels[:, :, 0]


def _stored(head: bytes, rows: bytearray) -> bytes:
    """Return an uncompressed PNG file with this header and these rows, each of which begins with its filter."""
    if len(rows) <= _STORED:  # for nearly all files; the loop below would take as long as the decoding
        return b"".join((head, _blocks(len(rows))[0], rows, _TAIL))
    parts = [head]
    for number, block in enumerate(_blocks(len(rows))):
        parts += (block, bytes(rows[number * _STORED : (number + 1) * _STORED]))
    return b"".join((*parts, _TAIL))


@lru_cache(maxsize=64)
def _blocks(length: int) -> tuple[bytes, ...]:
    """Return the header of each uncompressed block of ``length`` bytes. The first includes the header of the chunk."""
    sizes = [min(_STORED, length - start) for start in range(0, length, _STORED)]
    heads = [
        struct.pack("<BHH", size < _STORED or number == len(sizes), size, size ^ _STORED)
        for number, size in enumerate(sizes, 1)
    ]
    content = len(_LEVEL) + sum(map(len, heads)) + length + len(_CRC)
    return (content.to_bytes(4) + _PIXELS + _LEVEL + heads[0], *heads[1:])
