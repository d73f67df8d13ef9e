"""Image files that cost much more to decode than their size suggests."""

import struct
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.photos import saved

SIDE = 4096  # pixels: a square with this side has the most pixels that a request may have
_DIGIT = 28
_SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x10"  # start of scan: component 1, DC refinement, no data
_END_OF_IMAGE = b"\xff\xd9"


def plain(mode: str, format_: str, side: int = SIDE, **options: Any) -> bytes:
    """Return a square image of one colour."""
    return saved(Image.new(mode, (side, side)), format_, **options)


@cache
def scans_jpeg(scans: int) -> bytes:
    """Return a progressive JPEG with further scans of 10 bytes. Each scan makes the decoder visit every block."""
    image = plain("L", "JPEG", progressive=True, optimize=True)
    return image.removesuffix(_END_OF_IMAGE) + _SCAN * scans + _END_OF_IMAGE


def strips_tiff(strips: int) -> bytes:
    """Return a 28x28 TIFF with ``strips`` entries in its directory, two bytes each."""
    fixed = {256: _DIGIT, 257: _DIGIT, 258: 8, 259: 1, 262: 1, 277: 1, 278: 1, 279: _DIGIT * _DIGIT}
    first = 8 + 2 + 12 * (len(fixed) + 1) + 4  # start of the offsets
    entries = {tag: (3, 1, value) for tag, value in fixed.items()} | {273: (3, strips, first)}
    directory = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(entries.items()))
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + directory + bytes(4)
    return head + bytes(2 * strips) + bytes(_DIGIT * _DIGIT)


def lossless_webp(side: int = SIDE) -> bytes:
    """Return an image of one colour in less than 40 bytes."""
    return plain("RGB", "WEBP", side, lossless=True, method=0, quality=100)


def runs_bmp(runs: int) -> bytes:
    """Return a 28x28 BMP with run-length encoding whose runs continue after the last pixel."""
    palette, data = bytes(1024), b"\x01\x01" * runs
    start = 14 + 40 + len(palette)
    head = b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, _DIGIT, _DIGIT, 1, 8, 1, len(data), 0, 0, 256, 0)
    return head + info + palette + data


def even_png(side: int) -> bytes:
    """Return a PNG of light ink on black."""
    pixels = np.zeros((side, side), dtype=np.uint8)
    pixels[side // 4 : -side // 4, side // 2] = 255
    return saved(Image.fromarray(pixels), "PNG", optimize=True)


def uneven_png(side: int) -> bytes:
    """Return a PNG with uneven light, which the service has to correct."""
    return saved(Image.fromarray(_uneven(side)), "PNG", optimize=True)


def uneven_raw(count: int) -> bytes:
    """Return raw pixels of images with uneven light, which the service has to correct."""
    return _uneven(_DIGIT).tobytes() * count


@cache
def photo(format_: str) -> bytes:
    """Return a photo as JPEG of quality 85, or as PNG of few shades, because a noisy PNG would be too large to send."""
    if format_ == "JPEG":
        return saved(_photo(), "JPEG", quality=85)
    return saved(_photo().point(lambda value: int(value) // 16 * 16), "PNG", compress_level=1)


@cache
def _photo(width: int = 4000, height: int = 3000) -> Image.Image:
    """Return a photo of 12 megapixels: a dark digit on paper with uneven light and noise."""
    noise = np.random.default_rng(12).normal(0.0, 4.0, (height, width))
    y, x = np.mgrid[0:height, 0:width]
    light = 190.0 + 30.0 * x / width - 40.0 * y / height + noise
    light -= 130.0 * np.kron(_seven(), np.ones((height // 10, width // 10)))
    paper = light[..., None] * np.array([1.0, 0.97, 0.9])  # (height, width, 3)
    return Image.fromarray(np.clip(paper, 0.0, 255.0).astype(np.uint8))


def _seven() -> npt.NDArray[np.float64]:
    """Return a 7 in ten rows and columns."""
    digit = np.zeros((10, 10))
    digit[2, 3:7] = 1.0
    digit[2:8, 6] = 1.0
    return digit


def _uneven(side: int) -> npt.NDArray[np.uint8]:
    """Return a page that is two thirds light, with a mark in the shadow. No part of it is in MNIST's format."""
    image = np.zeros((side, side), dtype=np.uint8)
    image[:, side // 3 :] = 230
    image[side // 4 : side // 2, : side // 4] = 90
    return image
