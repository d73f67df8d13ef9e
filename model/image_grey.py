"""A decoded image of any mode in grey: 16 bits, floats, palettes, CMYK, transparency.

Large images are averaged down as they are converted, a strip at a time: a strip fits the processor's cache, and no copy
of the whole image is made.
"""

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from inference.errors import InvalidImage
from model.illumination import Grey

SIDE = 448  # twice the side at which ink is looked for, which keeps every stroke
_STRIP = 1 << 18  # pixels


def read(image: Image.Image) -> tuple[Grey, tuple[str, ...]]:
    """Luminance (height, width), 0..255, of a decoded image, and the names of the steps taken.

    The longest side becomes 448 to 895 pixels if it is longer. Raises InvalidImage for pixels that are not finite.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _deep(image), ("16 bits to 8",) if image.mode != "F" else ("floats to 8 bits",)
    if image.has_transparency_data:
        return _over_background(image)
    if image.mode in ("1", "L"):
        return _floats(_reduced(image, lambda strip: strip if strip.mode == "L" else strip.convert("L"))), ()
    return _floats(_reduced(image, lambda strip: strip.convert("RGB").convert("L"))), ("grey",)


def _reduced(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Convert an image and average it down by a whole factor."""
    factor = max(1, max(image.size) // SIDE)
    if factor == 1:
        return convert(image)
    size = tuple(-(-side // factor) for side in image.size)
    whole: Image.Image | None = None
    for top, strip in _strips(image, factor):
        part = convert(strip).reduce(factor)
        whole = whole or Image.new(part.mode, (size[0], size[1]))
        whole.paste(part, (0, top // factor))
    assert whole is not None
    return whole


def _strips(image: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """The strips of an image from top to bottom, each with its top. All but the last are multiples of ``factor``."""
    height = max(1, _STRIP // (image.width * factor)) * factor
    for top in range(0, image.height, height):
        yield top, image.crop((0, top, image.width, min(top + height, image.height)))


def _floats(image: Image.Image) -> Grey:
    return np.asarray(image, dtype=np.float32)


def _deep(image: Image.Image) -> Grey:
    top = 65535.0
    if image.mode == "F":
        peaks = [_peak(strip) for _, strip in _strips(image, 1)]
        top = 1.0 if max(peaks) <= 1.0 else 255.0
    return _floats(_reduced(image, lambda strip: Image.fromarray(_scaled(strip, 255.0 / top))))


def _peak(strip: Image.Image) -> float:
    values = np.asarray(strip)
    if not np.isfinite(values).all():
        raise InvalidImage("the image has pixels that are not finite numbers", "send finite numbers, 0..1 or 0..255")
    return float(values.max())


def _scaled(strip: Image.Image, scale: float) -> Grey:
    values = np.asarray(strip, dtype=np.float64)
    return np.clip(values * scale, 0.0, 255.0).astype(np.float32)


def _over_background(image: Image.Image) -> tuple[Grey, tuple[str, ...]]:
    """Lay the ink over the background that it stands out from: white under dark ink, black under light ink."""
    planes = _floats(_reduced(image, lambda strip: strip.convert("RGBA")).convert("LA"))  # (height, width, 2)
    grey, alpha = planes[..., 0], planes[..., 1] / 255.0
    if alpha.min() == 1.0:
        return grey, ("grey",)
    opaque = float(alpha.sum())
    light = opaque > 0.0 and float((grey * alpha).sum()) / opaque > 127.5
    background = 0.0 if light else 255.0
    name = "black" if light else "white"
    return grey * alpha + background * (1.0 - alpha), ("grey", f"laid over {name}")
