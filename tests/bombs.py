"""Small files that need a lot of memory or time to decode."""

import base64
import json
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from model.pixels import Images
from tests.pictures import animation, chunk, digit, png, saved

_PNG_HEAD = 33  # bytes of a PNG up to the end of its header chunk


def text_png(size: int) -> bytes:
    """Return a valid PNG with this many bytes of compressed text."""
    return _with_chunk(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(size), 9)))


def profile_png(size: int) -> bytes:
    """Return a valid PNG with this many bytes of compressed colour profile."""
    return _with_chunk(chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(size), 9)))


def gif(frames: int) -> bytes:
    """Return an animation of this many frames."""
    return animation([Image.new("L", (28, 28), index % 256) for index in range(frames)], "GIF")


def wide(image: bytes, at: int, bytes_each: int) -> bytes:
    """Return an image file with a size of 65,535 x 65,535 pixels written into its header from byte ``at`` on."""
    side = (65_535).to_bytes(bytes_each, "little")
    return image[:at] + side * 2 + image[at + 2 * bytes_each :]


def tiff(pages: int) -> bytes:
    """Return a TIFF with this many pages of one pixel."""
    return animation([Image.new("L", (1, 1))] * pages, "TIFF")


def circular_tiff() -> bytes:
    """Return a TIFF page that names itself as the next page."""
    page = bytearray(saved(digit(7), "TIFF"))
    start = struct.unpack_from("<I", page, 4)[0]
    count = struct.unpack_from("<H", page, start)[0]
    struct.pack_into("<I", page, start + 2 + 12 * count, start)
    return bytes(page)


def strip_tiff() -> bytes:
    """Return a TIFF page whose strip has a stated size of 4 GiB."""
    page = bytearray(saved(digit(7), "TIFF"))
    start = struct.unpack_from("<I", page, 4)[0]
    for entry in range(start + 2, start + 2 + 12 * struct.unpack_from("<H", page, start)[0], 12):
        if struct.unpack_from("<H", page, entry)[0] == 279:  # StripByteCounts
            struct.pack_into("<HII", page, entry + 2, 4, 1, 2**32 - 1)
    return bytes(page)


def scans_jpeg(scans: int, side: int = 4096, mode: str = "L") -> bytes:
    """Return a progressive JPEG with this many more scans, each 10 bytes and 1.4 ms at 4096x4096."""
    image = saved(Image.new(mode, (side, side), 128), "JPEG", progressive=True)
    scan = b"\xff\xda" + struct.pack(">H6B", 8, 1, 1, 0, 1, 5, 2)  # one component, coefficients 1 to 5, no data
    return image[:-2] + scan * scans + image[-2:]


def segment(kind: int, content: bytes) -> bytes:
    """Return one segment of a JPEG: marker, length and content."""
    return bytes((0xFF, kind)) + struct.pack(">H", len(content) + 2) + content


def segments_jpeg(*segments: bytes) -> bytes:
    """Return a valid JPEG with these bytes after its first marker."""
    image = saved(digit(7), "JPEG")
    return image[:2] + b"".join(segments) + image[2:]


def exif(entries: int) -> bytes:
    """Return EXIF data with this many entries in its first directory."""
    fields = b"".join(struct.pack(">HHII", 0x200 + index, 3, 1, 0) for index in range(entries))
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", entries) + fields + bytes(4)


def exif_jpeg(entries: int) -> bytes:
    """Return a valid JPEG with that EXIF data, in as many segments as needed."""
    data = exif(entries)
    parts = [data[start : start + 65_000] for start in range(0, len(data), 65_000)]
    return segments_jpeg(*(segment(0xE1, b"Exif\0\0" + part) for part in parts))


def chunks_png(count: int, kind: bytes = b"tEXt", content: bytes = b"") -> bytes:
    """Return a valid PNG with this many equal chunks before its image data."""
    return _with_chunk(chunk(kind, content) * count)


def profiles_png(count: int) -> bytes:
    """Return a valid PNG with this many colour profiles of one megabyte each when unpacked."""
    return chunks_png(count, b"iCCP", b"profile\0\0" + zlib.compress(bytes(1 << 20), 9))


def deep_png(side: int = 4096) -> bytes:
    """Return a PNG of black 16-bit pixels."""
    return png(side, side, 16, 0, rows=bytes(side * (2 * side + 1)))


def blocks_gif(count: int, side: int = 28) -> bytes:
    """Return a GIF with this many blocks of one byte after its pixels."""
    image = saved(digit(7).resize((side, side)), "GIF")
    return image[:-2] + b"\1\0" * count + image[-2:]


def runs_bmp(side: int = 4096) -> bytes:
    """Return a run-length encoded page whose rows are one pixel and an end of row. Pillow fills them in Python."""
    rows, palette = b"\1\0\0\0" * side, b"\0\xff\0\0" * 256
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(rows), 0, 0, 256, 0)
    start = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + header + palette + rows


def flat_webp(side: int = 4096) -> bytes:
    """Return a lossless WebP of one colour: 38 bytes up to 2048x2048."""
    return saved(Image.new("RGB", (side, side), (9, 9, 9)), "WEBP", lossless=True)


def float_tiff(side: int = 4096, compression: str = "lzma") -> bytes:
    """Return a TIFF of floating-point zeros, compressed well by zstd."""
    return saved(Image.new("F", (side, side)), "TIFF", compression=compression)


def deep_tiff(side: int = 4096, compression: str = "lzma") -> bytes:
    """Return a TIFF of black 16-bit pixels."""
    return saved(Image.new("I;16", (side, side)), "TIFF", compression=compression)


def strips_tiff(count: int) -> bytes:
    """Return a page of 28x28 pixels with this many strips, all of the same bytes."""
    return _tiff({273: (4, [8] * count), 278: (4, [1]), 279: (4, [28] * count)})


def tiles_tiff(count: int) -> bytes:
    """Return a page of 28x28 pixels with this many tiles, all of the same bytes."""
    return _tiff({322: (4, [16]), 323: (4, [16]), 324: (4, [8] * count), 325: (4, [256] * count)})


def large_tile_tiff(side: int = 16_384) -> bytes:
    """Return a page of 28x28 pixels in the corner of one deflated tile, which must be unpacked whole."""
    tile = zlib.compressobj(9)
    content = b"".join(tile.compress(bytes(side)) for _ in range(side)) + tile.flush()
    return _tiff({259: (3, [8]), 322: (4, [side]), 323: (4, [side]), 324: (4, [8]), 325: (4, [len(content)])}, content)


def entries_tiff(count: int) -> bytes:
    """Return a page of 28x28 pixels with this many entries in its directory."""
    return _tiff({273: (4, [8]), 279: (4, [784])} | {40_000 + index: (3, [1]) for index in range(count)})


def uneven(count: int, side: int = 28) -> Images:
    """Return images (count, side, side) whose light differs at each border: the slowest to normalise."""
    x = np.linspace(50, 210, side)
    page = np.clip(x[None, :] + x[:, None] / 4, 0, 255)
    page[side // 3 : side // 2, side // 3 : side // 2] /= 4
    shades = np.minimum(page[None] + np.arange(count)[:, None, None] % 16, 255.0)
    return shades.astype(np.uint8)


def uneven_pngs(count: int, side: int = 64) -> list[bytes]:
    """Return this many image files of unevenly lit pages."""
    return [saved(Image.fromarray(page), "PNG") for page in uneven(count, side)]


def repeated_json(size: int, unit: bytes, head: bytes = b'{"x":[', tail: bytes = b"]}") -> bytes:
    """Return a JSON text of at most this size that repeats a value: ``[]``, ``{}``, ``""``, ``1.5``, ``[[]]``."""
    count = (size - len(head) - len(tail) + 1) // (len(unit) + 1)
    return head + b",".join([unit] * count) + tail


def instances(files: Sequence[bytes]) -> bytes:
    """Return one request with all of these image files."""
    return json.dumps({"instances": [{"b64": base64.b64encode(file).decode()} for file in files]}).encode()


def _with_chunk(extra: bytes) -> bytes:
    image = saved(digit(7), "PNG")
    return image[:_PNG_HEAD] + extra + image[_PNG_HEAD:]


def _tiff(fields: dict[int, tuple[int, list[int]]], content: bytes = b"") -> bytes:
    """Return a page of 28x28 grey pixels with these extra fields. The data that they point to starts at byte 8."""
    fields = {256: (4, [28]), 257: (4, [28]), 258: (3, [8]), 259: (3, [1]), 262: (3, [1]), 277: (3, [1])} | fields
    content = content or bytes(784)
    start = 8 + len(content)
    values = start + 2 + 12 * len(fields) + 4
    directory, after = struct.pack("<H", len(fields)), b""
    for tag, (kind, numbers) in sorted(fields.items()):
        packed = struct.pack(f"<{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        here = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack("<I", values + len(after))
        after += packed if len(packed) > 4 else b""
        directory += struct.pack("<HHI", tag, kind, len(numbers)) + here
    return b"II*\0" + struct.pack("<I", start) + content + directory + bytes(4) + after
