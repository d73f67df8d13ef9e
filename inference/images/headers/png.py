"""Chunks of a PNG file (ISO 15948, clause 5)."""

from collections import Counter
from collections.abc import Iterator

from inference.images.headers import limit

ORIENTED = (
    "exif",
    "xmp",
    "Raw profile type exif",
    "XML:com.adobe.xmp",
)  # keys of metadata that may contain an orientation
_IMAGE, _METADATA, _COMPRESSED = "chunks of image data", "chunks of metadata", "chunks of compressed metadata"
_EXIF, _TEXT_EXIF = "bytes of EXIF data", "bytes of EXIF data as text"
_LIMITS = {
    _IMAGE: 10_000,  # encoders write at least 8 kB a chunk
    _METADATA: 500,
    _COMPRESSED: 16,  # texts and profiles: each may unpack to 1 MB
    _EXIF: limit.MOST_EXIF,
    _TEXT_EXIF: 2 * limit.MOST_EXIF,  # in hexadecimal
}
_IMAGE_KINDS = (b"IDAT", b"fdAT", b"fcTL")
_COMPRESSED_KINDS = (b"zTXt", b"iTXt", b"iCCP")
_TEXT_EXIF_KEY = b"Raw profile type exif\0"


def passes(data: bytes) -> int:
    """Return 1. Raises TooLarge for too many chunks or too much metadata."""
    counts: Counter[str] = Counter()
    for kind, start, length in _chunks(data):
        group = _IMAGE if kind in _IMAGE_KINDS else _METADATA
        counts[group] += 1
        if kind in _COMPRESSED_KINDS:
            counts[_COMPRESSED] += 1
        elif kind == b"eXIf":
            counts[_EXIF] += length
        if data.startswith(_TEXT_EXIF_KEY, start):
            counts[_TEXT_EXIF] += length
        if counts[group] > _LIMITS[group]:
            break
    limit.check("PNG", counts, _LIMITS)
    return 1


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, and the start and length of its content."""
    start, kind = 8, b""
    while start + 8 <= len(data) and kind != b"IEND":
        length, kind = int.from_bytes(data[start : start + 4]), data[start + 4 : start + 8]
        yield kind, start + 8, length
        start += 12 + length
