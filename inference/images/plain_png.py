"""Small PNG files with nothing but pixels of 8 bits, as imaging libraries write them, decoded without Pillow's reader.

Pillow reads the chunks of a file in Python, which takes several times as long as to decode the pixels of a small image.
"""

import struct
import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import _imaging as pillow

from inference.cost import Charge
from inference.images import image_cost

_MODES = {0: "L", 2: "RGB"}  # by colour type
_CHANNELS = {"L": 1, "RGB": 3}
_MOST_PIXELS = 1 << 16  # of larger ones the reader is a small part
_HEADER = struct.Struct(">16sIIBBBBBI")  # the signature and the chunk IHDR (ISO 15948, clause 11.2.2)
_BEGIN = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_PIXELS, _END = b"IDAT", b"\0\0\0\0IEND"
_START = _HEADER.size + 8  # of the pixels, in a file whose second chunk has them
_CRC = 4
_DONE = -1

Pixels = npt.NDArray[np.uint8]


def read(data: bytes, mode: str, size: tuple[int, int], charge: Charge) -> Pixels | None:
    """Return the pixels of a plain PNG file, read-only uint8 (height, width) in grey, (height, width, 3) in colour.

    mode    L or RGB
    size    width and height
    charge  called with the estimated CPU seconds before the pixels are decoded; what it raises is passed on

    None stands for any other file: of another mode or size, with further chunks, or damaged.
    """
    if _header(data[: _HEADER.size]) != (mode, size) or data[_START - 4 : _START] != _PIXELS:
        return None
    end = _START + int.from_bytes(data[_START - 8 : _START - 4])
    if data[end + _CRC : end + _CRC + len(_END)] != _END:
        return None
    charge(image_cost.plain_png_seconds(mode, size, len(data)))
    return _decoded(data[_START:end], mode, size)


@lru_cache(maxsize=64)
def _header(head: bytes) -> tuple[str, tuple[int, int]] | None:
    """Return the mode and the size that the first bytes of a plain PNG file tell."""
    if len(head) < _HEADER.size or not head.startswith(_BEGIN) or zlib.crc32(head[12:29]) != int.from_bytes(head[29:]):
        return None
    _, width, height, depth, colour, compression, filter_, interlace, _ = _HEADER.unpack(head)
    plain = depth == 8 and colour in _MODES and compression == filter_ == interlace == 0
    return (_MODES[colour], (width, height)) if plain and 0 < width * height <= _MOST_PIXELS else None


def _decoded(content: bytes, mode: str, size: tuple[int, int]) -> Pixels | None:
    """Decode the content of the chunk IDAT by Pillow's own decoder, as ``Image.frombytes`` does."""
    width, height = size
    box, channels = (0, 0, width, height), _CHANNELS[mode]
    image = pillow.new(mode, size)
    decoder = pillow.zip_decoder(mode, mode, 0)
    decoder.setimage(image, box)
    if decoder.decode(content) != (_DONE, 0):
        return None
    encoder = pillow.raw_encoder(mode, mode, 0, 1)
    encoder.setimage(image, box)
    _, _, packed = encoder.encode(width * height * channels)
    return np.frombuffer(packed, dtype=np.uint8).reshape((height, width, channels) if channels > 1 else (height, width))
