"""Image files for tests, made by Pillow, or by hand in formats that Pillow does not write."""

import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests import recipe

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
LOSSLESS = ("PNG", "GIF", "BMP", "WEBP", "TIFF")
_OPTIONS: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True, "exact": True}, "JPEG": {"quality": 90}}


def digit(number: int, scale: int = 1) -> Image.Image:
    """Return light ink on black, 28x28 pixels enlarged ``scale`` times."""
    image = Image.fromarray(recipe.drawn(number)[0])
    return image.resize((28 * scale, 28 * scale), Image.Resampling.NEAREST)


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, format_, **{**_OPTIONS.get(format_, {}), **options})
    return file.getvalue()


def animation(frames: Sequence[Image.Image], format_: str) -> bytes:
    return saved(frames[0], format_, save_all=True, append_images=list(frames[1:]), duration=100)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG: length, kind, data and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """Return a PNG with this size in its header. The rows, each after a filter byte, may be fewer."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def png_16_bits(grey: npt.NDArray[np.uint16]) -> bytes:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in grey)
    return png(grey.shape[1], grey.shape[0], 16, 0, rows)
