"""Decoder of image files in the process of the page: one at a time, within the limits of the page."""

import json
import threading
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from inference.cost import Charge
from inference.errors import ServiceError, TooLarge
from inference.images.image_file import MAX_PIXELS
from model import image_file
from model.pixels import Images
from playground import limits
from playground.refusal import Refusal

_HINT = f"take one of at most {limits.SIDE}x{limits.SIDE} pixels and {limits.FILE_BYTES} bytes"


@dataclass(frozen=True)
class DecodedFile:
    """Normalised image of a file, and its treatment.

    pixels     uint8 (28, 28), white ink on black; the border is dark, so the service does not change it
    treatment  ``input`` of the service's answer to the file itself
    """

    pixels: Images
    treatment: dict[str, Any]

    @property
    def png(self) -> bytes:
        """Return the pixels as a PNG. Raw pixels could be mistaken for an image file or JSON."""
        file = BytesIO()
        Image.fromarray(self.pixels).save(file, "PNG")
        return file.getvalue()


class UploadDecoder:
    """Decoder of one image file at a time. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def decode(self, file: bytes) -> DecodedFile:
        """Decode an image file.

        Raises Refusal: ``busy`` if the decoder is not free in time, ``refused`` if the file cannot be decoded or is too
        large.
        """
        if not self._lock.acquire(timeout=limits.BUSY_SECONDS):
            raise Refusal("busy", "The page is decoding other images", "it asks again")
        try:
            pixels, treatment = image_file.read(file, limits.PIXELS, _budget(limits.DECODE_SECONDS))
        except ServiceError as error:
            service_limit = f"{MAX_PIXELS:,}" in error.hint
            raise Refusal("refused", error.message, _HINT if service_limit else error.hint) from error
        finally:
            self._lock.release()
        return DecodedFile(pixels, json.loads(treatment.json))


def _budget(seconds: float) -> Charge:
    """Return a charge that refuses an image as soon as its steps cost more than ``seconds`` of CPU time in all."""
    left = seconds

    def charge(cost: float) -> None:
        nonlocal left
        left -= cost
        if left < 0:
            raise TooLarge(f"the image would take over {seconds} s to decode", _HINT)

    return charge
