"""Photographs of ink on paper: from the coverage by ink to an image file."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Kind = TypeVar("Kind")
Files = tuple[bytes, ...]  # encoded image files, PNG or JPEG
Cover = npt.NDArray[np.float32]  # (height, width), share of each pixel that ink covers, 0..1
Colour = npt.NDArray[np.float32]  # (channels,), 0..255

_INVERTED = 0.15  # share of pictures with light ink on dark paper, such as chalk on a board
_COLOURED = 0.3
_PNG = 0.35  # share of small pictures that are PNG; the others and all large ones are JPEG
_LARGE = 600  # pixels


def files(kinds: Sequence[Kind], make: Callable[[Kind, np.random.Generator], bytes], count: int, seed: int) -> Files:
    """Return ``count`` files, of each kind in turn."""
    rng = np.random.default_rng(seed)
    return tuple(make(kinds[index % len(kinds)], rng) for index in range(count))


def size(rng: np.random.Generator, least: float = 20, most: float = 2000) -> tuple[int, int]:
    """Return height and width of at least ``least``. The longer side is log-uniform, the other 70 to 100 % of it."""
    longer = np.exp(rng.uniform(np.log(least), np.log(most)))
    sides = np.maximum(longer * np.array([1.0, rng.uniform(0.7, 1.0)]), least)
    height, width = rng.permutation(np.rint(sides).astype(int)).tolist()
    return height, width


def placed(tile: Cover, page: tuple[int, int], rng: np.random.Generator) -> Cover:
    """Return an empty page with the tile in a random place. The page is at least as large as the tile."""
    room = np.array(page) - tile.shape
    top, left = (int(rng.integers(0, most + 1)) for most in room)
    cover = np.zeros(page, dtype=np.float32)
    cover[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return cover


def photographed(cover: Cover, rng: np.random.Generator) -> bytes:
    """Return an image file of ink on paper in random shades, with uneven light, grain and a little blur."""
    paper, ink = _shades(rng)
    cover = _blurred(cover, rng)[..., None]
    pixels = paper + cover * (ink - paper)  # (height, width, channels)
    pixels *= light(cover.shape[:2], rng)[..., None]
    pixels += grain(cover.shape[:2], rng)[..., None]
    return encoded(pixels, rng)


def encoded(pixels: npt.NDArray[np.float32], rng: np.random.Generator) -> bytes:
    """Return pixels (height, width, 1 or 3), 0..255, as a PNG file, or as a JPEG file of quality 30 to 95."""
    values = np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)
    image = Image.fromarray(values.squeeze(2 if pixels.shape[2] == 1 else ()))
    if max(image.size) <= _LARGE and rng.random() < _PNG:
        return png(image)
    return jpeg(image, int(rng.integers(30, 96)))


def png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def jpeg(image: Image.Image, quality: int) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _shades(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Return the shades of paper and ink. Their brightness differs by at least 110."""
    channels = 3 if rng.random() < _COLOURED else 1
    light_, dark = rng.uniform(180, 255), rng.uniform(5, 70)
    if rng.random() < _INVERTED:
        light_, dark = dark, light_
    tints = rng.uniform(-25, 25, (2, channels)) * (channels > 1)
    paper, ink = np.clip(np.array([[light_], [dark]]) + tints, 0, 255).astype(np.float32)
    return paper, ink


def light(shape: tuple[int, ...], rng: np.random.Generator) -> Cover:
    """Return the brightness of each pixel as a factor: even, falling to one side, or falling to the corners."""
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape)
    kind, fall = rng.random(), np.float32(rng.uniform(0.1, 0.45))
    if kind < 0.4:
        return np.ones(shape, dtype=np.float32)
    if kind < 0.8:
        angle = rng.uniform(0, 2 * np.pi)
        return 1 - fall * (0.5 + 0.35 * np.float32(np.cos(angle)) * x + 0.35 * np.float32(np.sin(angle)) * y[:, None])
    return 1 - fall * 0.5 * (x**2 + y[:, None] ** 2)


def grain(shape: tuple[int, ...], rng: np.random.Generator) -> Cover:
    """Return normal noise with a standard deviation of 0 to 7 of 255."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(rng.uniform(0, 7))


def _blurred(cover: Cover, rng: np.random.Generator) -> Cover:
    """Return the coverage blurred by up to 0.4 % of the longer side."""
    image = Image.fromarray(np.rint(cover * 255).astype(np.uint8))
    blurred = image.filter(ImageFilter.BoxBlur(max(cover.shape) * float(rng.uniform(0, 0.004))))
    return np.asarray(blurred, dtype=np.float32) / np.float32(255)
