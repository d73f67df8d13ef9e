"""Image files for requests: a small PNG, and a photo as JPEG."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from model.pixels import Images

SIDE = 1024  # pixels of a photo
_BOARD, _INK, _GRAIN = (
    8.0,
    220.0,
    3.0,
)  # grey levels of the board, of full ink on it, and of noise
_TINT = (1.0, 0.97, 0.9)
_QUALITY = 85


def png(image: Images) -> bytes:
    """Return uint8 (28, 28) as a PNG file."""
    return saved(Image.fromarray(image), "PNG")


def jpeg(image: Images, size: tuple[int, int] = (SIDE, SIDE)) -> bytes:
    """Return a JPEG photo, in colour, of the digit, uint8 (28, 28), in chalk on a board.

    size  width and height, pixels

    The digit has the same position as in MNIST, so a server may simply reduce the photo to 28x28 pixels.
    """
    ink = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
    board = _BOARD + np.asarray(ink, dtype=np.float32) * np.float32(_INK / 255.0)
    photo = board[..., None] * np.array(_TINT, dtype=np.float32)
    photo += np.random.default_rng(int(image.sum())).normal(0.0, _GRAIN, photo.shape)
    return saved(Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)), "JPEG", quality=_QUALITY)


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    """Return the bytes of an image file."""
    file = BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()
