"""Challenge: pictures that no network was trained on, as files that a client could send."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.http_message import Message
from inference.protocols import Decoder
from model import SPEC
from model.pixels import Images


@dataclass(frozen=True)
class Challenge:
    """n pictures of one kind.

    files   n encoded image files, PNG or JPEG
    labels  int64 (n,), 0..9; None if the pictures show no digits
    counts  False if people, too, read the pictures as digits; the targets do not use such a challenge
    """

    name: str
    files: tuple[bytes, ...]
    labels: npt.NDArray[np.int64] | None
    counts: bool = True


def seen(challenge: Challenge) -> Images:
    """Return the images as the service decodes them: uint8 (n, 28, 28), white ink on black."""
    decoder = Decoder(SPEC)
    return np.concatenate([decoder.decode(Message(file)).rows for file in challenge.files])
