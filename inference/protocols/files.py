"""Examples sent as files: as the whole body, or as base64 text or bytes within a request."""

import base64
from collections.abc import Callable, Mapping
from urllib.parse import unquote_to_bytes

import numpy as np

from inference import unsupported_formats
from inference.cost import Charge, free, limited
from inference.errors import InvalidImage, TooLarge
from inference.images.image_file import HINT, MAX_PIXELS
from inference.protocols.request import Request
from inference.spec import Rows
from inference.treatment import Treatment

_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_SPACES = b" \t\r\n\v\f"
_FEWER_HINT = "send fewer or smaller image files per request"


class FileReader:
    """Reader of image files. It decodes them by the ``read_file`` of the model."""

    def __init__(self, read: Callable[[bytes, int, Charge], tuple[Rows, Treatment]]) -> None:
        self._read = read

    def decode(self, body: bytes, charge: Charge = free) -> Request:
        """Read a body that consists of one file."""
        row, treatment = self._read(body, MAX_PIXELS, _limited(charge))
        return Request(row[None], [treatment])

    def read_all(self, files: Mapping[str, object], charge: Charge = free) -> tuple[Rows, list[Treatment]]:
        """Return the examples (n, *shape) and treatments of n >= 1 files, which share one limit of pixels.

        files   name of a file -> bytes or base64 text; errors begin with the name
        charge  called with the estimated CPU seconds of each file before it is decoded

        Raises InvalidImage for a file that cannot be decoded, and TooLarge.
        """
        rows, treatments, left = [], [], MAX_PIXELS
        charge = _limited(charge)
        for name, file in files.items():
            data = b""
            try:
                data = file if isinstance(file, bytes) else from_base64(file)
                row, treatment = self._read(data, left, charge)
            except InvalidImage as error:
                kind = unsupported_formats.kind(data) if data else None
                if kind is not None:
                    raise InvalidImage(f"{name}: the image is {kind.name}", kind.hint or error.hint) from error
                raise InvalidImage(f"{name}: {error.message}", error.hint) from error
            except TooLarge as error:
                raise TooLarge(f"{name}: {error.message}", error.hint) from error
            left -= treatment.width * treatment.height
            rows.append(row)
            treatments.append(treatment)
        return np.stack(rows), treatments


def _limited(charge: Charge) -> Charge:
    return limited(charge, lambda: "decode the image files up to this one", _FEWER_HINT)


def from_base64(text: object) -> bytes:
    """Return the bytes of a file sent as base64 text. Raises InvalidImage for anything else."""
    if not isinstance(text, str):
        raise InvalidImage(f"a base64 image must be a string, not {type(text).__name__}", HINT)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return _lenient(text)


def _lenient(text: str) -> bytes:
    """The bytes of base64 text with line breaks or escapes, URL-safe, without padding, or in a data: URL."""
    if text[:5].lower() == "data:":
        head, _, text = text.partition(",")
        if not head.lower().endswith(";base64"):
            raise InvalidImage("the image is a data: URL without ;base64,", "base64-encode the bytes of the file")
    try:
        plain = unquote_to_bytes(text.encode("ascii")).translate(_URL_SAFE, _SPACES).rstrip(b"=")
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except ValueError as error:
        raise InvalidImage(f"the image is not valid base64: {error}", "base64-encode the bytes of the file") from error
