"""Decoding of image files in common formats within limits.

This module imports the Pillow plugins of these formats. Otherwise Pillow would load plugins for forty formats.
"""

from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

from PIL import (  # noqa: F401
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from inference.cost import Charge
from inference.errors import InvalidImage, ServiceError, TooLarge
from inference.images import headers, image_cost
from inference.images.headers import limit
from inference.images.headers.png import ORIENTED
from inference.spec import Rows
from inference.treatment import Treatment

MAX_PIXELS = 4096 * 4096  # more than a 12-megapixel photo; larger images would delay the batch too long
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
_NAMES = {"MPO": "JPEG"}  # MPO is Pillow's name for a JPEG file of a phone that ends with a preview image
HINT = "send a complete PNG, JPEG, GIF, BMP, WebP or TIFF file"
_TIFF = (b"II*\x00", b"MM\x00*")
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", *_TIFF)
_TIFF_HINT = "send a PNG file, or a TIFF file with 8 or 16 bits per channel or 32-bit floats"
_EXIF = "bytes of EXIF data"
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by the EXIF orientation

Convert = Callable[[Image.Image], tuple[Rows, tuple[str, ...]]]


class Draft(NamedTuple):
    """Size and mode to which a JPEG may be decoded directly, which is faster than to convert it afterwards.

    side  pixels: a JPEG whose sides are at least twice as long may be decoded in a smaller size
    mode  L to decode only the luminance of a JPEG in colour; None: the mode of the file
    """

    side: int
    mode: str | None = None


WHOLE = Draft(1 << 16)  # no reduction: no file has longer sides


def has_magic(data: bytes) -> bool:
    """Return True if the bytes begin like an image file in one of FORMATS."""
    if data.startswith(_MAGIC):
        return True
    if data.startswith(b"RIFF"):
        return data[8:12] == b"WEBP"
    return data.startswith(b"BM") and int.from_bytes(data[6:10], "little") == 0 and len(data) > 25


def read(data: bytes, most: int, charge: Charge, draft: Draft, convert: Convert) -> tuple[Rows, Treatment]:
    """Decode one image file, or the first frame of an animation, to an example (*shape) and its treatment.

    most     largest number of pixels
    charge   called with the estimated CPU seconds before the pixels are decoded; it may raise a ServiceError
    draft    smaller size or mode for a JPEG
    convert  converts the upright image to an example, and returns the names of the steps

    Raises InvalidImage if the file cannot be decoded. Raises TooLarge, before decoding, for over ``most`` pixels.
    """
    try:
        return _read(data, most, charge, draft, convert)
    except ServiceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("its header has more pixels than the limit") from error
    except UnidentifiedImageError as error:  # its message contains only a memory address
        if data.startswith(_TIFF):
            raise InvalidImage(
                "the header of the TIFF file is broken, or its pixel format is not supported", _TIFF_HINT
            ) from error
        raise InvalidImage("the file is not an image, or its header is broken", HINT) from error
    except Exception as error:  # for broken files Pillow raises many types, from OSError to IndexError
        raise InvalidImage(f"the image cannot be decoded: {error}", HINT) from error


def _read(data: bytes, most: int, charge: Charge, draft: Draft, convert: Convert) -> tuple[Rows, Treatment]:
    passes = headers.passes(data)
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        width, height = image.size
        if width * height > most:
            raise _too_large(f"{width}x{height} pixels")
        name = _NAMES.get(image.format or "", image.format or "")
        charge(_affordable(image, data, passes, draft.side))
        steps: tuple[str, ...] = ("first frame",) if getattr(image, "is_animated", False) else ()
        # Pillow rotates a TIFF in load and deletes its orientation. It may read that of a PNG only in load.
        turned = isinstance(image, TiffImagePlugin.TiffImageFile) and _orientation(image) in _TURNS
        colour = image.mode
        image.draft(draft.mode, (draft.side, draft.side))
        grey = ("grey",) if image.mode != colour else ()
        image.load()
        turn = _TURNS.get(_orientation(image))
        steps += ("turned upright",) if turned or turn is not None else ()
        row, more = convert(image if turn is None else image.transpose(turn))
    return row, Treatment(name, width, height, steps + grey + more)


def _affordable(image: Image.Image, data: bytes, passes: int, side: int) -> float:
    """Return the estimated CPU seconds to decode a file. Raises TooLarge if they exceed ``image_cost.MOST``."""
    limit.check(image.format or "", {_EXIF: len(image.info.get("exif", b""))}, {_EXIF: limit.MOST_EXIF})
    seconds = image_cost.seconds(image, data, passes, side)
    if seconds > image_cost.MOST:
        kind = f"{image.format} file of mode {image.mode}" + (f" with {passes} scans" if passes > 1 else "")
        most = int(image.width * image.height * image_cost.MOST / seconds)
        raise TooLarge(
            f"the estimated time to decode {image.width}x{image.height} pixels of a {kind} is over {image_cost.MOST} s",
            f"send at most about {most:,} pixels in such a file, or a baseline JPEG or 8-bit PNG file",
        )
    return seconds


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8. 1 is upright."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile) and not any(key in image.info for key in ORIENTED):
        return 1
    orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation


def _too_large(what: str) -> TooLarge:
    return TooLarge(
        f"the image is too large: {what}", f"send at most {MAX_PIXELS:,} pixels per request, such as 4096x4096"
    )
