"""Conversion of decoded images of any mode to grey: 16 bits, floats, palettes, CMYK, transparency.

Large images are converted and averaged strip by strip, because a strip fits into the cache of the processor and needs
no copy of the whole image. Images of 8 bits are averaged as bytes, which takes a third of the time of floats.
"""

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from inference.errors import InvalidImage
from model.averaging import averaged
from model.illumination import Grey

SIDE = 448  # twice the side at which ink is detected, so that no stroke is lost
_TOPS = (255.0, 1023.0, 4095.0, 16383.0, 65535.0)  # white in 8, 10, 12, 14 and 16 bits
_OVERSHOOT = 0.1  # distance from 0..1 that resampling may add
_DIM = 16.0  # a largest float between 1 and this fits neither the range 0..1 nor 0..255
_EVEN = 64.0  # of 255: luminance with less contrast may lack the ink
_MORE = 3.0  # least ratio of the contrast of a colour channel to the contrast of luminance
_CHANNELS = ("red", "green", "blue")
_STRIP = 1 << 18  # pixels


def read(image: Image.Image) -> tuple[Grey, tuple[str, ...]]:
    """Return the luminance (height, width), 0..255, of a decoded image, and the names of the steps.

    Large images are reduced to at most 895 pixels a side. Raises InvalidImage for pixels that are not finite.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _deep(image)
    if image.has_transparency_data:
        return _over_background(image)
    if image.mode in ("1", "L"):
        return _floats(averaged(_reduced(image, lambda strip: strip if strip.mode == "L" else strip.convert("L")))), ()
    grey = _floats(averaged(_reduced(image, lambda strip: strip.convert("RGB").convert("L"))))
    return _by_channel(image, grey) if is_faint(grey) else (grey, ("grey",))


def is_faint(grey: Grey) -> bool:
    """Return True if the contrast is so low that ink may be visible only in a colour channel."""
    return bool(np.ptp(grey) < _EVEN)


def _by_channel(image: Image.Image, grey: Grey) -> tuple[Grey, tuple[str, ...]]:
    """Return the colour channel with the most contrast, for ink that is about as light as its paper."""
    planes = {
        name: _floats(averaged(plane))
        for name, plane in zip(_CHANNELS, _reduced(image, lambda strip: strip.convert("RGB")).split(), strict=True)
    }
    name = max(planes, key=lambda name: float(np.ptp(planes[name])))
    if is_faint(planes[name]) or np.ptp(planes[name]) < _MORE * np.ptp(grey):
        return grey, ("grey",)
    return planes[name], (f"{name} channel",)


def _reduced(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Convert an image, and reduce it by a whole factor if it is large."""
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
    """Yield the strips of an image and their first rows. All heights but the last are multiples of ``factor``."""
    height = max(1, _STRIP // (image.width * factor)) * factor
    for top in range(0, image.height, height):
        yield top, image.crop((0, top, image.width, min(top + height, image.height)))


def _floats(image: Image.Image) -> Grey:
    return np.asarray(image, dtype=np.float32)


def _deep(image: Image.Image) -> tuple[Grey, tuple[str, ...]]:
    """Return the grey image of pixels with more than 8 bits. The largest pixel determines the number for white."""
    bounds = [_bounds(strip) for _, strip in _strips(image, 1)]
    least, most = min(low for low, _ in bounds), max(high for _, high in bounds)
    name, top = _fraction(least, most) if image.mode == "F" else _depth(least, most)
    grey = _floats(_reduced(image, lambda strip: Image.fromarray(_scaled(strip, 255.0 / top))))
    return grey, (name,) if name else ()


def _depth(least: float, most: float) -> tuple[str, float]:
    """Return the name of the step for whole numbers, and the number for white."""
    if least < 0 or most > _TOPS[-1]:
        raise InvalidImage(
            f"the image has pixels from {least:g} to {most:g}", "send a file with 8 or 16 unsigned bits per channel"
        )
    top = next(top for top in _TOPS if most <= top)
    return "values 0..255 of more bits" if top == _TOPS[0] else f"{int(top).bit_length()} bits to 8", top


def _fraction(least: float, most: float) -> tuple[str, float]:
    """Return the name of the step for floats, and the number for white."""
    if least < -_OVERSHOOT or (_OVERSHOOT + 1.0 < most < _DIM) or most > _TOPS[-1]:
        raise InvalidImage(
            f"the image has pixels from {least:g} to {most:g}",
            "send pixels from 0 to 1 or from 0 to 255, not standardised",
        )
    top = 1.0 if most <= 1.0 + _OVERSHOOT else next(top for top in _TOPS if most <= top)
    clipped = top == 1.0 and (least < 0.0 or most > 1.0)
    return "floats to 8 bits" + ", clipped to 0..1" * clipped, top


def _bounds(strip: Image.Image) -> tuple[float, float]:
    """Return the smallest and the largest pixel. Raises InvalidImage for a pixel that is not finite."""
    values = np.asarray(strip)
    if not np.isfinite(values).all():
        raise InvalidImage(
            "the image has pixels that are not finite numbers", "send finite numbers from 0 to 1 or from 0 to 255"
        )
    return float(values.min()), float(values.max())


def _scaled(strip: Image.Image, scale: float) -> Grey:
    values = np.asarray(strip, dtype=np.float64)
    return np.clip(values * scale, 0.0, 255.0).astype(np.float32)


def _over_background(image: Image.Image) -> tuple[Grey, tuple[str, ...]]:
    """Return the image on a background that contrasts with its ink: white under dark ink, black under light ink."""
    planes = _floats(_reduced(image, lambda strip: strip.convert("RGBA")).convert("LA"))  # (height, width, 2)
    grey, alpha = planes[..., 0], planes[..., 1] / 255.0
    if alpha.min() == 1.0:
        return grey, ("grey",)
    if alpha.min() == alpha.max():
        return grey, ("grey", "opacity left out")
    opaque = float(alpha.sum())
    light = opaque > 0.0 and float((grey * alpha).sum()) / opaque > 127.5
    background = 0.0 if light else 255.0
    name = "black" if light else "white"
    return grey * alpha + background * (1.0 - alpha), ("grey", f"laid over {name}")
