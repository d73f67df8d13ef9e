"""Answers to the page's questions, as JSON: nothing in them but what the browser may see."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from playground import curl
from playground.decoder import DecodedFile, UploadDecoder
from playground.refusal import Refusal
from playground.service import Service, ServiceAnswer

Question = dict[str, Any]
Reply = dict[str, Any]

_LONGEST_NAME = 64  # of a method or a target: they become part of an address
_SUFFIXES = {b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp", b"BM": "bmp", b"II*\0": "tif", b"MM\0*": "tif"}


class PageAnswers:
    """Answers to what the page sends, each a JSON object; ``{"refusal": ...}`` in place of one that fails.

    An image file is decoded here, once, and its 28x28 pixels are all that the service is sent.

    service  the running service
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._decoder = UploadDecoder()

    def status(self, _question: Question) -> Reply:
        """Return ``{"ready": true}``, and ``renewed`` if the key was."""
        return _or_refusal(self._status)

    def predict(self, question: Question) -> Reply:
        """Return the prediction for ``{"image": base64}``, ``seen``, 28x28 from 0 to 255, and the ``curl`` line."""
        return _or_refusal(lambda: self._predict(question))

    def explain(self, question: Question) -> Reply:
        """Return the explanation of ``{"image": base64, "method", "target"}``, with the ``curl`` line."""
        return _or_refusal(lambda: self._explain(question))

    def _status(self) -> Reply:
        return {"renewed": self._service.check(), "ready": True}

    def _predict(self, question: Question) -> Reply:
        file = _file(question)
        decoded = self._decoder.decode(file)
        answer = self._service.predict(decoded.png)
        return _reply(answer, decoded, file) | {"seen": decoded.pixels.tolist()}

    def _explain(self, question: Question) -> Reply:
        file = _file(question)
        decoded = self._decoder.decode(file)
        method, target = (str(question.get(name))[:_LONGEST_NAME] for name in ("method", "target"))
        answer = self._service.explain(decoded.png, method, target)
        return _reply(answer, decoded, file)


def _file(question: Question) -> bytes:
    try:
        return base64.b64decode(question["image"], validate=True)
    except (KeyError, TypeError, binascii.Error, ValueError) as error:
        raise Refusal("refused", "The page sent no image", "load the page again") from error


def _reply(answer: ServiceAnswer, decoded: DecodedFile, file: bytes) -> Reply:
    """Return what the service would answer to the file itself, and the command that sends it."""
    content = answer.content | {"input": decoded.treatment}
    return answer.json() | {"answer": content, "curl": curl.line(answer.url, _name(file))}


def _name(file: bytes) -> str:
    """Return the name of the file that the page saves: of the user's own name nothing comes into a command."""
    return f"digit.{next((suffix for magic, suffix in _SUFFIXES.items() if file.startswith(magic)), 'png')}"


def _or_refusal(answer: Callable[[], Reply]) -> Reply:
    try:
        return answer()
    except Refusal as refusal:
        return refusal.json()
