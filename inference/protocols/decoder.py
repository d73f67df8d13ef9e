"""Detection of a request's protocol."""

import sys
from typing import Any, Protocol

import orjson

from inference import form
from inference.cost import Charge, free
from inference.errors import EmptyBody, InvalidImage, InvalidJSON, TooLarge, UnsupportedMedia
from inference.hints import Hints
from inference.messages import Message
from inference.protocols import json_text
from inference.protocols.files import FileReader
from inference.protocols.instances import InstancesReader
from inference.protocols.lists import ListReader
from inference.protocols.named_objects import NamedInstancesReader, NamedXReader, ObjectsReader
from inference.protocols.named_tensors import NamedRequestReader
from inference.protocols.numbers import may_have_booleans
from inference.protocols.raw import RawReader
from inference.protocols.request import Request
from inference.protocols.tensors import HEADER, RequestReader
from inference.protocols.x_json import XReader
from inference.spec import InputSpec, ModelSpec

# No type at all is what gRPC, form fields and curl -T send; a form's is what curl -d and --data-binary claim.
_RAW_TYPES = ("", "application/octet-stream", "application/x-www-form-urlencoded")
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp", "image/tiff")


class _ContentReader(Protocol):
    def __call__(self, content: dict[str, Any], *, booleans: bool, charge: Charge) -> Request: ...


class Decoder:
    """Decodes the requests of one model. All that follows from its specification is made here, once per process."""

    def __init__(self, spec: ModelSpec) -> None:
        hints = Hints(spec)
        given, preprocessing = spec.input, spec.preprocessing
        self._hints = hints
        self._error = given.error
        self._is_file = preprocessing.is_file
        self._files = FileReader(preprocessing.read_file) if preprocessing.read_file else None
        self._raw = RawReader(given)
        self._row_bytes = sys.maxsize if spec.inputs else given.row_bytes  # inputs by name do not come raw
        self._tensors = NamedRequestReader(spec, hints) if spec.inputs else RequestReader(spec, hints, self._files)
        self._readers: dict[str, _ContentReader] = {
            **(_named(spec, hints) if spec.inputs else _unnamed(given, hints, self._files)),
            "inputs": self._tensors.decode,
        }

    def decode(self, message: Message, charge: Charge = free) -> Request:
        """Recognise the protocol of a message and read its examples.

        Raises a ServiceError with status 400, 413 or 415 that names what was wrong and what to send instead.
        ``charge`` is called with the estimated CPU seconds before each file is decoded; what it raises is passed on.
        """
        try:
            return self._decode(message, charge)
        except (MemoryError, RecursionError) as error:
            size = len(message.body)
            raise TooLarge(f"the body of {size:,} bytes takes too much memory to read", self._hints.body) from error

    def _decode(self, message: Message, charge: Charge) -> Request:
        encoding = message.headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise UnsupportedMedia(f"Content-Encoding {encoding!r} is not read here", "send the body uncompressed")
        if message.media_type == "multipart/form-data":
            message = form.decode(message, self._hints.content)
        if not message.body:
            raise EmptyBody("the body is empty", self._hints.body)
        if HEADER in message.headers:
            return self._tensors.decode_binary(message, charge)
        if self._files and self._is_file and self._is_file(message.body):
            return self._files.decode(message.body, charge)
        return self._decode_by_type(message, charge)

    def _decode_by_type(self, message: Message, charge: Charge) -> Request:
        kind, body = message.media_type, message.body
        if kind in _RAW_TYPES and len(body) % self._row_bytes == 0:
            content = self._json_object(body)
            return self._raw.decode(body) if content is None else self._decode_content(content, body, charge)
        if kind == "application/json" or kind.endswith("+json") or _opens_like_json(body):
            return self._decode_json(body, charge)
        if kind in _RAW_TYPES:
            if self._row_bytes == sys.maxsize:
                raise self._error(f"{len(body)} bytes are no JSON", self._hints.body)
            sizes = f"neither a multiple of {self._row_bytes} nor an image file"
            if not self._files:
                sizes = f"not a multiple of {self._row_bytes}"
            raise self._error(f"{len(body)} bytes are {sizes}", self._hints.body)
        if kind in _IMAGE_TYPES and self._files:
            hint = "send the file's bytes as they are"
            raise InvalidImage(f"the body does not begin like a file of type {kind}", hint)
        raise UnsupportedMedia(f"content type {kind!r} is not read here", self._hints.body)

    def _json_object(self, body: bytes) -> dict[str, Any] | None:
        """Return the JSON object in bytes without a type whose length could be raw numbers', None if they are those."""
        if not _opens_like_json(body):
            return None
        try:
            content = json_text.parse(body, self._hints.fewer)
        except (orjson.JSONDecodeError, TooLarge):
            return None
        return content if isinstance(content, dict) else None

    def _decode_json(self, body: bytes, charge: Charge) -> Request:
        try:
            content = json_text.parse(body, self._hints.fewer)
        except orjson.JSONDecodeError as error:
            raise InvalidJSON(f"the body is not valid JSON: {error}", self._hints.body) from error
        if not isinstance(content, dict):
            raise InvalidJSON(f"the JSON must be an object, not {type(content).__name__}", self._hints.body)
        return self._decode_content(content, body, charge)

    def _decode_content(self, content: dict[str, Any], body: bytes, charge: Charge) -> Request:
        for key, decode in self._readers.items():
            if key in content:
                return decode(content, booleans=may_have_booleans(body), charge=charge)
        names = ", ".join(repr(key[:40]) for key in list(content)[:5]) or "none"
        raise InvalidJSON(f"the JSON has none of the keys x, instances, inputs; it has: {names}", self._hints.body)


def _unnamed(given: InputSpec, hints: Hints, files: FileReader | None) -> dict[str, _ContentReader]:
    """The readers of JSON for a model with one input, by key."""
    lists = ListReader(given, hints)
    return {
        "x": XReader(given, lists).decode,
        "instances": InstancesReader(given, hints, lists, files).decode,
    }


def _named(spec: ModelSpec, hints: Hints) -> dict[str, _ContentReader]:
    """The readers of JSON for a model whose inputs have names, by key."""
    objects = ObjectsReader(spec.inputs, hints.instances)
    return {
        "x": NamedXReader(spec.input, objects).decode,
        "instances": NamedInstancesReader(spec.input, objects).decode,
    }


def _opens_like_json(body: bytes) -> bool:
    return body[:64].lstrip().startswith(b"{")
