"""Answers to the requests of the page, as JSON. They contain only what the browser may see."""

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from playground.decoder import DecodedFile, UploadDecoder
from playground.service import Service, ServiceAnswer

Reply = dict[str, Any]
Answer = Callable[[bytes, Mapping[str, str]], Reply]

_LONGEST_NAME = 64  # most characters of a method or a target, which become part of a URL
_SUFFIXES = {b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp", b"BM": "bmp", b"II*\0": "tif", b"MM\0*": "tif"}


class PageAnswers:
    """Answers to an image file and the parameters of a request, each a JSON object. Its methods raise Refusal.

    An image file is decoded here once. The service gets only its 28x28 pixels.

    service  client of the running service
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._decoder = UploadDecoder()

    def status(self, _file: bytes, _parameters: Mapping[str, str]) -> Reply:
        """Return ``{"ready": true}``, and ``renewed``: whether the key had to be renewed."""
        return {"renewed": self._service.check(), "ready": True}

    def predict(self, file: bytes, _parameters: Mapping[str, str]) -> Reply:
        """Return the prediction, ``seen`` (28x28 from 0 to 255), and the ``curl`` command."""
        decoded = self._decoder.decode(file)
        answer = self._service.predict(decoded.png)
        return _reply(answer, decoded, file) | {"seen": decoded.pixels.tolist()}

    def explain(self, file: bytes, parameters: Mapping[str, str]) -> Reply:
        """Return the explanation by ``method`` for ``target``, with the ``curl`` command."""
        decoded = self._decoder.decode(file)
        method, target = (parameters.get(name, "")[:_LONGEST_NAME] for name in ("method", "target"))
        answer = self._service.explain(decoded.png, method, target)
        return _reply(answer, decoded, file)


def _reply(answer: ServiceAnswer, decoded: DecodedFile, file: bytes) -> Reply:
    """Return the answer of the service to the file itself, and the command that sends the file."""
    content = answer.content | {"input": decoded.treatment}
    return answer.json() | {"answer": content, "curl": _command(answer.url, _name(file))}


def _name(file: bytes) -> str:
    """Return the name under which the page saves the file. The user's own name never becomes part of a command."""
    return f"digit.{next((suffix for magic, suffix in _SUFFIXES.items() if file.startswith(magic)), 'png')}"


def _command(url: str, file: str) -> str:
    """Return the curl command that sends an image file with the key that scripts/keys puts into the shell."""
    return f'curl -H "Authorization: Bearer $INFERENCE_KEY" -T {shlex.quote(file)} {shlex.quote(url)}'
