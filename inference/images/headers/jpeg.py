"""Segments and scans of a JPEG file (ITU T.81, annex B)."""

import re
from collections import Counter
from collections.abc import Iterator

from inference.errors import InvalidImage
from inference.images.headers import limit

_SCANS, _SEGMENTS, _FRAMES = "scans", "segments", "frames"
_PADDING, _TABLES = "bytes between its segments", "bytes of quantisation tables"
_RESOURCES, _EXIF = "Photoshop resources", "bytes of EXIF data"
_LIMITS = {
    _SCANS: 100,  # Pillow writes 1 or 10; even an empty scan costs a pass over the whole image
    _SEGMENTS: 1_000,  # a large colour profile has 100
    _FRAMES: 1,
    _PADDING: 4_096,
    _TABLES: 16_384,  # four have 516
    _RESOURCES: 5_000,
    _EXIF: limit.MOST_EXIF,
}
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # excludes stuffed FF bytes, restart markers and padding
_FRAME_KINDS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ARITHMETIC = frozenset(range(0xC9, 0xD0)) - {0xCC}  # frames with a cost per bit as high as others have per byte
_BARE = frozenset((0x01, 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)))  # markers without a length
_EOI, _SOS, _DQT, _APP1, _APP13 = 0xD9, 0xDA, 0xDB, 0xE1, 0xED


def passes(data: bytes) -> int:
    """Return the number of scans.

    Raises TooLarge for too many scans, segments or metadata, and InvalidImage for arithmetic coding.
    """
    counts: Counter[str] = Counter()
    before = 2
    for start, end in _segments(data):
        kind = data[start + 1]
        if not counts[_SCANS]:
            counts[_PADDING] += start - before
        elif kind == _EOI:
            break
        if kind in _ARITHMETIC:
            raise InvalidImage(
                "JPEG files with arithmetic coding are not supported", "save the image with Huffman coding"
            )
        _count(counts, data, start, end)
        limit.check("JPEG", counts, _LIMITS)
        before = end
    if not counts[_SCANS]:
        limit.check("JPEG", {_PADDING: len(data) - before}, _LIMITS)
    return max(1, counts[_SCANS])


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each segment. The data after the header of a scan is no part of its segment."""
    end = 2
    while marker := _MARKER.search(data, end):
        start = marker.start()
        bare = data[start + 1] in _BARE
        end = start + 2 + (0 if bare else int.from_bytes(data[start + 2 : start + 4]))
        yield start, end


def _count(counts: Counter[str], data: bytes, start: int, end: int) -> None:
    kind = data[start + 1]
    counts[_SEGMENTS] += 1
    counts[_SCANS] += kind == _SOS
    counts[_FRAMES] += kind in _FRAME_KINDS
    if kind == _DQT:
        counts[_TABLES] += end - start
    elif kind == _APP1 and data.startswith(b"Exif\0\0", start + 4):
        counts[_EXIF] += end - start
    elif kind == _APP13:
        counts[_RESOURCES] += data.count(b"8BIM", start, end)
