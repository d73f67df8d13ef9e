"""Raw pixels: k x 784 bytes, row-major, white ink on black."""

import numpy as np

from inference.protocols.request import Request, check_count
from model.pixels import PIXELS, SIDE, Treatment

_ALONE = (Treatment("raw"),)


def decode(body: bytes) -> Request:
    """Read a body whose length is a multiple of 784. Raises TooLarge for too many images."""
    count = len(body) // PIXELS
    check_count(count)
    return Request(np.frombuffer(body, dtype=np.uint8).reshape(count, SIDE, SIDE), _ALONE * count)
