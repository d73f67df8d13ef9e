"""An image file in any common format, decoded within limits.

The plugins of these formats are loaded with this module: Pillow would load those of forty formats to find one of them.
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

MAX_PIXELS = 4096 * 4096  # above a 12-megapixel photo, below what would keep the batch waiting for long
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
_NAMES = {"MPO": "JPEG"}  # Pillow's name for a JPEG file with a preview behind it, as phones write
HINT = "send a whole PNG, JPEG, GIF, BMP, WebP or TIFF file"
_TIFF = (b"II*\x00", b"MM\x00*")
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", *_TIFF)
_TIFF_HINT = "send a PNG file, or a TIFF file of 8 or 16 bits a channel or of 32-bit floats"
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
    """Size and mode that a JPEG may be decoded straight to, in less time than to reduce it afterwards.

    side  pixels: if its sides are more than twice that, a smaller size
    mode  L for the luminance of a JPEG in colour
    """

    side: int
    mode: str | None = None


WHOLE = Draft(1 << 16)  # all pixels as they are: no file is larger


def has_magic(data: bytes) -> bool:
    """Return True if the bytes begin like an image file of a format that is read here."""
    if data.startswith(_MAGIC):
        return True
    if data.startswith(b"RIFF"):
        return data[8:12] == b"WEBP"
    return data.startswith(b"BM") and int.from_bytes(data[6:10], "little") == 0 and len(data) > 25


def read(data: bytes, most: int, charge: Charge, draft: Draft, convert: Convert) -> tuple[Rows, Treatment]:
    """Decode one image file to an example (*shape) and its treatment. Of an animation the first frame counts.

    most     pixels that the image may have
    charge   called with the estimated CPU seconds before the pixels are decoded; what it raises is passed on
    draft    what a JPEG may be decoded straight to
    convert  makes an example of the upright image, and names the steps that took

    Raises InvalidImage if the file cannot be decoded, and TooLarge, before decoding, if it has over ``most`` pixels.
    """
    try:
        return _read(data, most, charge, draft, convert)
    except ServiceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("its header claims more pixels than any photo has") from error
    except UnidentifiedImageError as error:  # its own message is a memory address
        if data.startswith(_TIFF):
            raise InvalidImage(
                "the TIFF file's header is broken, or its pixels are of a rare kind", _TIFF_HINT
            ) from error
        raise InvalidImage("the bytes are not an image file, or its header is broken", HINT) from error
    except Exception as error:  # broken files make Pillow's decoders raise anything from OSError to IndexError
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
        # Pillow turns TIFF as it decodes it, and forgets that; of PNG it may read the orientation after the pixels.
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
    """Return the CPU seconds that it takes to decode a file. Raises TooLarge if they are more than for any photo."""
    limit.check(image.format or "", {_EXIF: len(image.info.get("exif", b""))}, {_EXIF: limit.MOST_EXIF})
    seconds = image_cost.seconds(image, data, passes, side)
    if seconds > image_cost.MOST:
        kind = f"{image.format} file of mode {image.mode}" + (f" with {passes} scans" if passes > 1 else "")
        most = int(image.width * image.height * image_cost.MOST / seconds)
        raise TooLarge(
            f"{image.width}x{image.height} pixels in a {kind} take too long to decode",
            f"send about {most:,} pixels at most in such a file, or a baseline JPEG, or a PNG file of 8 bits a channel",
        )
    return seconds


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 is upright."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile) and not any(key in image.info for key in ORIENTED):
        return 1
    orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation


def _too_large(what: str) -> TooLarge:
    return TooLarge(
        f"the image is too large: {what}", f"send at most {MAX_PIXELS} pixels a request, 4096x4096 for example"
    )
