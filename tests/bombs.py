"""Small files that ask for a lot."""

import base64
import json
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

from tests.pictures import animation, chunk, digit, saved

_PNG_HEAD = 33  # bytes of a PNG up to the end of its header chunk


def text_png(size: int) -> bytes:
    """A right PNG with so many bytes of compressed text."""
    return _with_chunk(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(size), 9)))


def profile_png(size: int) -> bytes:
    """A right PNG with so many bytes of compressed colour profile."""
    return _with_chunk(chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(size), 9)))


def gif(frames: int) -> bytes:
    """An animation of so many frames."""
    return animation([Image.new("L", (28, 28), index % 256) for index in range(frames)], "GIF")


def wide(image: bytes, at: int, bytes_each: int) -> bytes:
    """An image file whose header, from byte ``at`` on, says 65,535 x 65,535 pixels."""
    side = (65_535).to_bytes(bytes_each, "little")
    return image[:at] + side * 2 + image[at + 2 * bytes_each :]


def tiff(pages: int) -> bytes:
    """So many pages of one pixel."""
    return animation([Image.new("L", (1, 1))] * pages, "TIFF")


def circular_tiff() -> bytes:
    """A page whose next page is itself."""
    page = bytearray(saved(digit(7), "TIFF"))
    start = struct.unpack_from("<I", page, 4)[0]
    count = struct.unpack_from("<H", page, start)[0]
    struct.pack_into("<I", page, start + 2 + 12 * count, start)
    return bytes(page)


def strip_tiff() -> bytes:
    """A page whose strip says that it has 4 GiB."""
    page = bytearray(saved(digit(7), "TIFF"))
    start = struct.unpack_from("<I", page, 4)[0]
    for entry in range(start + 2, start + 2 + 12 * struct.unpack_from("<H", page, start)[0], 12):
        if struct.unpack_from("<H", page, entry)[0] == 279:  # StripByteCounts
            struct.pack_into("<HII", page, entry + 2, 4, 1, 2**32 - 1)
    return bytes(page)


def instances(files: Sequence[bytes]) -> bytes:
    """One request with all of these image files."""
    return json.dumps({"instances": [{"b64": base64.b64encode(file).decode()} for file in files]}).encode()


def _with_chunk(extra: bytes) -> bytes:
    image = saved(digit(7), "PNG")
    return image[:_PNG_HEAD] + extra + image[_PNG_HEAD:]
