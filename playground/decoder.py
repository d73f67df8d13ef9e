"""Image files decoded in the page's own process: one at a time, within the page's limits."""

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
    """The normalised image of a file, and the treatment it took.

    pixels     uint8 (28, 28), white ink on black; its border is dark, so the service takes it as it is
    treatment  the ``input`` of the service's answer to the file itself
    """

    pixels: Images
    treatment: dict[str, Any]

    @property
    def png(self) -> bytes:
        """The pixels as a PNG. Raw, they could begin like an image file or JSON, and be read as that."""
        file = BytesIO()
        Image.fromarray(self.pixels).save(file, "PNG")
        return file.getvalue()


class UploadDecoder:
    """Decoder of one image file at a time. May be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def decode(self, file: bytes) -> DecodedFile:
        """Decode an image file.

        Raises Refusal: ``busy`` if another file is being decoded for too long, ``refused`` if the file cannot be
        decoded or exceeds a limit.
        """
        if not self._lock.acquire(timeout=limits.BUSY_SECONDS):
            raise Refusal("busy", "The page is decoding other images", "it asks again")
        try:
            pixels, treatment = image_file.read(file, limits.PIXELS, _budget(limits.DECODE_SECONDS))
        except ServiceError as error:
            service_limit = str(MAX_PIXELS) in error.hint
            raise Refusal("refused", error.message, _HINT if service_limit else error.hint) from error
        finally:
            self._lock.release()
        return DecodedFile(pixels, json.loads(treatment.json))


def _budget(seconds: float) -> Charge:
    """Return a charge that refuses an image once its steps cost more than so many CPU seconds together."""
    left = seconds

    def charge(cost: float) -> None:
        nonlocal left
        left -= cost
        if left < 0:
            raise TooLarge(f"the image would take over {seconds} s to decode", _HINT)

    return charge
