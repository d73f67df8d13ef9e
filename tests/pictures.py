"""Image files for the tests, made by Pillow and, where Pillow writes none, by hand."""

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
    """Light ink on black, 28x28 pixels ``scale`` times larger."""
    image = Image.fromarray(recipe.drawn(number)[0])
    return image.resize((28 * scale, 28 * scale), Image.Resampling.NEAREST)


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, format_, **{**_OPTIONS.get(format_, {}), **options})
    return file.getvalue()


def animation(frames: Sequence[Image.Image], format_: str) -> bytes:
    return saved(frames[0], format_, save_all=True, append_images=list(frames[1:]), duration=100)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG: length, kind, data and a checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG whose header claims this size; the rows (each with a filter byte before it) need not fill it."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def png_16_bits(grey: npt.NDArray[np.uint16]) -> bytes:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in grey)
    return png(grey.shape[1], grey.shape[0], 16, 0, rows)
