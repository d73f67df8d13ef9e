"""First directory and metadata of a TIFF file (TIFF 6.0, section 2), which Pillow reads in Python."""

import struct
from typing import NamedTuple

from inference.errors import InvalidImage
from inference.images.headers import limit

_ENTRIES, _LINKS = "entries in one directory", "directories in one entry"
_VALUES = "strips, tiles and other values in its directories"
_LIMITS = {
    _ENTRIES: 512,
    _LINKS: 1,
    _VALUES: 30_000,  # 4,096 rows of RGB have 24,576, if each colour of a row is a separate strip
}
_BYTES = (1, 2, 6, 7)  # types whose values Pillow reads as one block of bytes
_EXIF, _GPS, _INTEROPERABILITY = 34665, 34853, 40965  # tags of further directories
_BIG = 43


class _Entry(NamedTuple):
    tag: int
    type: int
    values: int  # number of values
    value: int  # value, or the offset of the values in the file


def passes(data: bytes) -> int:
    """Return 1. Raises TooLarge for too many entries, strips, tiles or metadata, InvalidImage for BigTIFF."""
    order = "<" if data.startswith(b"II") else ">"
    if _BIG in data[2:4]:
        raise InvalidImage("BigTIFF files are not supported", "save the image as a TIFF or PNG file")
    offset = data[4:8]
    if len(offset) < 4:
        return 1
    first = _directory(data, struct.unpack(f"{order}I", offset)[0], order)
    exif = _linked(data, first, (_EXIF, _GPS), order)
    further = _linked(data, exif, (_INTEROPERABILITY,), order)
    values = sum(entry.values for entry in first + exif + further if entry.type not in _BYTES)
    limit.check("TIFF", {_VALUES: values}, _LIMITS)
    return 1


def _directory(data: bytes, offset: int, order: str) -> list[_Entry]:
    head = data[offset : offset + 2]
    if len(head) < 2:
        return []
    (count,) = struct.unpack(f"{order}H", head)
    limit.check("TIFF", {_ENTRIES: count}, _LIMITS)
    entries = data[offset + 2 : offset + 2 + 12 * count]
    whole = entries[: len(entries) // 12 * 12]
    return [_Entry(*fields) for fields in struct.iter_unpack(f"{order}HHII", whole)]


def _linked(data: bytes, entries: list[_Entry], tags: tuple[int, ...], order: str) -> list[_Entry]:
    """Return the entries of the directories to which entries with these tags point."""
    linked: list[_Entry] = []
    for entry in entries:
        if entry.tag in tags:
            limit.check("TIFF", {_LINKS: entry.values}, _LIMITS)
            value = entry.value if order == "<" or entry.type != 3 else entry.value >> 16
            linked += _directory(data, value & 0xFFFF if entry.type == 3 else value, order)
    return linked
