"""An image file in any common format: from its bytes to 28x28 pixels."""

import base64
import binascii
from collections.abc import Mapping
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from model import pixels
from model.cost import Charge, free
from model.errors import InvalidImage, ServiceError, TooLarge
from model.illumination import Grey
from model.pixels import Images, Treatment

MAX_PIXELS = 4096 * 4096  # above a 12-megapixel photo, below what would keep the batch waiting for long
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
_HINT = "send a whole PNG, JPEG, GIF, BMP, WebP or TIFF file"
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
_SECONDS = 50e-9  # a pixel, measured
_DRAFT = (448, 448)  # JPEG can be decoded straight to a smaller size; twice the working side keeps every stroke


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
    with Image.open(BytesIO(data), formats=_FORMATS) as image:
        width, height = image.size
        if width * height > most:
            raise _too_large(f"{width}x{height} pixels")
        name = image.format or ""
        charge(width * height * _SECONDS)
        steps: tuple[str, ...] = ("first frame",) if getattr(image, "is_animated", False) else ()
        turned = image.getexif().get(ExifTags.Base.Orientation) in range(2, 9)  # Pillow forgets it when it decodes TIFF
        image.draft(None, _DRAFT)
        upright = ImageOps.exif_transpose(image)
        steps += ("turned upright",) if turned else ()
        grey, more = _grey(upright)
    steps += more
    if grey.shape == (pixels.SIDE, pixels.SIDE):
        sent = np.rint(grey).astype(np.uint8)[None]
        images, (treatment,) = pixels.standardise(sent, [Treatment(name, width, height, steps)], charge)
        return images[0], treatment
    digit, more = pixels.normalise(grey)
    return digit, Treatment(name, width, height, steps + more)


def _grey(image: Image.Image) -> tuple[Grey, tuple[str, ...]]:
    """Luminance (height, width), 0..255, whatever the mode: 16 bits, floats, palettes, CMYK, transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        return _deep_grey(image), ("16 bits to 8",) if image.mode != "F" else ("floats to 8 bits",)
    if image.has_transparency_data:
        return _over_background(image)
    if image.mode in ("1", "L"):
        return np.asarray(_reduced(image.convert("L")), dtype=np.float32), ()
    return np.asarray(_reduced(image.convert("RGB").convert("L")), dtype=np.float32), ("grey",)


def _reduced(image: Image.Image) -> Image.Image:
    """Average a large picture down in bytes, before it becomes floats of four times the size."""
    factor = max(image.size) // _DRAFT[0]
    return image.reduce(factor) if factor > 1 else image


def _deep_grey(image: Image.Image) -> Grey:
    values = np.asarray(image, dtype=np.float64)
    if not np.isfinite(values).all():
        raise InvalidImage("the image has pixels that are not finite numbers", _HINT)
    top = (1.0 if values.max() <= 1.0 else 255.0) if image.mode == "F" else 65535.0
    return np.clip(values * (255.0 / top), 0.0, 255.0).astype(np.float32)


def _over_background(image: Image.Image) -> tuple[Grey, tuple[str, ...]]:
    """Lay the ink over the background that it stands out from: white under dark ink, black under light ink."""
    planes = np.asarray(_reduced(image.convert("RGBA")).convert("LA"), dtype=np.float32)  # (height, width, 2)
    grey, alpha = planes[..., 0], planes[..., 1] / 255.0
    if alpha.min() == 1.0:
        return grey, ("grey",)
    opaque = float(alpha.sum())
    light = opaque > 0.0 and float((grey * alpha).sum()) / opaque > 127.5
    background = 0.0 if light else 255.0
    name = "black" if light else "white"
    return grey * alpha + background * (1.0 - alpha), ("grey", f"laid over {name}")


def _too_large(what: str) -> TooLarge:
    return TooLarge(
        f"the image is too large: {what}", f"send at most {MAX_PIXELS} pixels a request, 4096x4096 for example"
    )
