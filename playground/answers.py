"""What the page asks, answered as JSON: nothing in here but what the browser may see."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from model import image_file
from playground import curl
from playground.refusal import Refusal
from playground.service import Service

Question = dict[str, Any]
Reply = dict[str, Any]

_SUFFIXES = {b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp", b"BM": "bmp", b"II*\0": "tif", b"MM\0*": "tif"}


class Answers:
    """Every method takes what the page sent and gives a JSON object; where there is no answer, ``{"refusal": ...}``.

    service  who is asked
    limit    bytes that an image file may have
    """

    def __init__(self, service: Service, limit: int) -> None:
        self._service = service
        self._limit = limit

    def status(self, _question: Question) -> Reply:
        """``{"ready": true}`` and whether the key was ``renewed``."""
        return _told(self._status)

    def predict(self, question: Question) -> Reply:
        """The prediction for ``{"image": base64}``, with ``seen``, 28x28 from 0 to 255, and the ``curl`` line."""
        return _told(lambda: self._predict(question))

    def explain(self, question: Question) -> Reply:
        """The explanation of ``{"image": base64, "method", "target"}``, with the ``curl`` line."""
        return _told(lambda: self._explain(question))

    def _status(self) -> Reply:
        return {"renewed": self._service.check(), "ready": True}

    def _predict(self, question: Question) -> Reply:
        image = self._image(question)
        answer = self._service.predict(image)
        # The one preprocessing, which is in the archive too: the picture is there before any explanation is.
        seen, _ = image_file.read(image)
        return answer.json() | {"seen": seen.tolist(), "curl": curl.line(answer.url, _name(image))}

    def _explain(self, question: Question) -> Reply:
        image = self._image(question)
        answer = self._service.explain(image, str(question.get("method")), str(question.get("target")))
        return answer.json() | {"curl": curl.line(answer.url, _name(image))}

    def _image(self, question: Question) -> bytes:
        try:
            image = base64.b64decode(question["image"], validate=True)
        except (KeyError, TypeError, binascii.Error, ValueError) as error:
            raise Refusal("refused", "The page sent no image", "load the page again") from error
        if len(image) > self._limit:
            raise Refusal("refused", f"The image has {len(image)} bytes", f"take one of at most {self._limit}")
        return image


def _name(image: bytes) -> str:
    """What the page calls the file when it saves it: of the user's own name nothing comes into a command."""
    return f"digit.{next((suffix for magic, suffix in _SUFFIXES.items() if image.startswith(magic)), 'png')}"


def _told(answer: Callable[[], Reply]) -> Reply:
    try:
        return answer()
    except Refusal as refusal:
        return refusal.json()
