"""An image file in any common format: from its bytes to 28x28 pixels."""

import base64
import binascii
from collections.abc import Mapping
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from inference.cost import Charge, free
from inference.errors import InvalidImage, ServiceError, TooLarge
from inference.images import headers, image_cost
from inference.images.headers import limit
from model import image_grey, pixels
from model.pixels import Images, Treatment

MAX_PIXELS = 4096 * 4096  # above a 12-megapixel photo, below what would keep the batch waiting for long
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
_NAMES = {"MPO": "JPEG"}  # Pillow's name for a JPEG file with a preview behind it, as phones write
_HINT = "send a whole PNG, JPEG, GIF, BMP, WebP or TIFF file"
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
_DRAFT = (image_grey.SIDE, image_grey.SIDE)  # JPEG can be decoded straight to a smaller size
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


def has_magic(data: bytes) -> bool:
    """Whether the bytes begin like an image file of a format that is read here."""
    if data.startswith(_MAGIC):
        return True
    if data.startswith(b"RIFF"):
        return data[8:12] == b"WEBP"
    return data.startswith(b"BM") and int.from_bytes(data[6:10], "little") == 0 and len(data) > 25


def read(data: bytes, most: int = MAX_PIXELS, charge: Charge = free) -> tuple[Images, Treatment]:
    """Decode one image file to uint8 (28, 28) and what was done to it.

    A 28x28 grey image of light ink on dark passes bit for bit. Of an animation the first frame counts.
    Raises InvalidImage if it cannot be decoded, and TooLarge, before decoding, if it has over ``most`` pixels.
    ``charge`` is called with the estimated CPU seconds before the pixels are decoded; what it raises is passed on.
    """
    try:
        return _read(data, most, charge)
    except ServiceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("its header claims more pixels than any photo has") from error
    except UnidentifiedImageError as error:  # its own message is a memory address
        raise InvalidImage("the bytes are not an image file, or its header is broken", _HINT) from error
    except Exception as error:  # broken files make Pillow's decoders raise anything from OSError to IndexError
        raise InvalidImage(f"the image cannot be decoded: {error}", _HINT) from error


def read_all(files: Mapping[str, object], charge: Charge = free) -> tuple[Images, list[Treatment]]:
    """As ``read``, of one or more files that share the limit of pixels: uint8 (n, 28, 28) and n treatments.

    files   name -> bytes, or base64 text; errors begin with the name of the file that they are about
    charge  called with the estimated CPU seconds of each file before it is decoded
    """
    digits, treatments, left = [], [], MAX_PIXELS
    for name, file in files.items():
        try:
            digit, treatment = read(file if isinstance(file, bytes) else from_base64(file), left, charge)
        except (InvalidImage, TooLarge) as error:
            raise type(error)(f"{name}: {error.message}", error.hint) from error
        left -= treatment.width * treatment.height
        digits.append(digit)
        treatments.append(treatment)
    return np.stack(digits), treatments


def from_base64(text: object) -> bytes:
    """The bytes of a file that came as base64 text. Raises InvalidImage if it is not."""
    if not isinstance(text, str):
        raise InvalidImage(f"a base64 image must be a string, not {type(text).__name__}", _HINT)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidImage(f"the image is not valid base64: {error}", "base64-encode the bytes of the file") from error


def _read(data: bytes, most: int, charge: Charge) -> tuple[Images, Treatment]:
    passes = headers.passes(data)
    with Image.open(BytesIO(data), formats=_FORMATS) as image:
        width, height = image.size
        if width * height > most:
            raise _too_large(f"{width}x{height} pixels")
        name = _NAMES.get(image.format or "", image.format or "")
        charge(_affordable(image, data, passes))
        steps: tuple[str, ...] = ("first frame",) if getattr(image, "is_animated", False) else ()
        turned = _orientation(image) in _TURNS  # Pillow forgets it when it decodes TIFF, and turns that itself
        image.draft(None, _DRAFT)
        image.load()
        steps += ("turned upright",) if turned else ()
        grey, more = image_grey.read(_upright(image) if turned else image)
    steps += more
    if grey.shape == (pixels.SIDE, pixels.SIDE):
        sent = np.rint(grey).astype(np.uint8)[None]
        images, (treatment,) = pixels.standardise(sent, [Treatment(name, width, height, steps)], charge)
        return images[0], treatment
    digit, more = pixels.normalise(grey, charge)
    return digit, Treatment(name, width, height, steps + more)


def _affordable(image: Image.Image, data: bytes, passes: int) -> float:
    """Return the CPU seconds that it takes to decode a file. Raises TooLarge if they are more than for any photo."""
    limit.check(image.format or "", {_EXIF: len(image.info.get("exif", b""))}, {_EXIF: limit.MOST_EXIF})
    seconds = image_cost.seconds(image, data, passes)
    if seconds > image_cost.MOST:
        kind = f"{image.format} file of mode {image.mode}" + (f" with {passes} scans" if passes > 1 else "")
        most = int(image.width * image.height * image_cost.MOST / seconds)
        raise TooLarge(
            f"{image.width}x{image.height} pixels in a {kind} take too long to decode",
            f"send about {most:,} pixels at most in such a file, or a baseline JPEG, or a PNG file of 8 bits a channel",
        )
    return seconds


def _orientation(image: Image.Image) -> int:
    orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation


def _upright(image: Image.Image) -> Image.Image:
    """As ImageOps.exif_transpose, without a copy of what is upright already and without writing the EXIF data anew."""
    turn = _TURNS.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _too_large(what: str) -> TooLarge:
    return TooLarge(
        f"the image is too large: {what}", f"send at most {MAX_PIXELS} pixels a request, 4096x4096 for example"
    )
