"""Detection of the protocol of a request."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson

from inference import compression, multipart_form, texts, unsupported_formats
from inference.cost import Charge, free
from inference.errors import (
    EmptyBody,
    InvalidForm,
    InvalidImage,
    InvalidJSON,
    InvalidTensor,
    TooLarge,
    UnsupportedMedia,
)
from inference.hints import Hints
from inference.http_message import Message
from inference.protocols import json_text
from inference.protocols.columns import ColumnsReader, is_columnar
from inference.protocols.files import FileReader
from inference.protocols.instances import InstancesReader
from inference.protocols.json_text import JsonObject
from inference.protocols.lists import ListReader
from inference.protocols.named_objects import ObjectsReader
from inference.protocols.named_tensors import NamedRequestReader
from inference.protocols.numbers import shown
from inference.protocols.raw import RawReader
from inference.protocols.request import Request, check_count
from inference.protocols.tensors import HEADER, RequestReader
from inference.spec import InputSpec, ModelSpec

# gRPC, form fields and curl -T send no content type; curl -d and --data-binary send that of a form.
_RAW_TYPES = ("", "application/octet-stream", "application/x-www-form-urlencoded")
_FORM = "application/x-www-form-urlencoded"
_MANGLED = "curl -d @FILE removes zeros and line ends: use -T FILE or --data-binary @FILE; "
_OR_TYPE = "if the body is complete, send it with Content-Type: application/octet-stream"
_TOP = 1 << 12  # bytes that are searched for the key binary_data_size
_LINE_ENDS = frozenset(b"\0\r\n")
_Read = Callable[[JsonObject], Request]
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp", "image/tiff")


class Decoder:
    """Decoder of requests for one model. Values that follow from its specification are computed once per process."""

    def __init__(self, spec: ModelSpec) -> None:
        hints = Hints(spec)
        input_spec, preprocessing = spec.input, spec.preprocessing
        self._hints = hints
        self._input = input_spec
        self._error = input_spec.error
        self._is_file = preprocessing.is_file or (lambda _: False)
        self._files = FileReader(preprocessing.read_file) if preprocessing.read_file else None
        self._raw = RawReader(input_spec)
        self._row_bytes = sys.maxsize if spec.inputs else input_spec.row_bytes  # named inputs have no raw form
        self._tensor = None if spec.inputs else RequestReader(spec, hints, self._files)
        self._tensors = self._tensor or NamedRequestReader(spec, hints)
        self._readers: dict[str, _Read]
        if self._tensor is None:
            named = ObjectsReader(spec, hints.instances)
            self._readers = {"x": named.x, "instances": named.instances, "inputs": self._tensors.decode}
        else:
            self._readers = _unnamed(input_spec, hints, self._files, self._tensor)

    def decode(self, message: Message, charge: Charge = free) -> Request:
        """Detect the protocol of a message and read its examples.

        charge  called with the estimated CPU seconds before each file is decoded; it may raise a ServiceError
        Raises a ServiceError with status 400, 413 or 415 that says what is wrong and what to send instead.
        """
        try:
            return self._decode(message, charge)
        except (MemoryError, RecursionError) as error:
            size = len(message.body)
            raise TooLarge(f"the body of {size:,} bytes takes too much memory to read", self._hints.body) from error

    def _decode(self, message: Message, charge: Charge) -> Request:
        if "content-encoding" in message.headers:
            message = compression.decompressed(message, charge)
        if message.media_type == "multipart/form-data":
            fields = multipart_form.decode(message, self._hints.content, charge)
            if len(fields) > 1:
                return self._decode_fields(fields, charge)
            (message,) = fields
        if not message.body:
            raise EmptyBody("the body is empty", self._hints.body)
        if HEADER in message.headers:
            if message.headers[HEADER] == "0" and self._tensor:
                return self._decode_raw_tensor(self._tensor, message.body, charge)
            return self._tensors.decode_binary(message, charge)
        if self._files and self._is_file(message.body):
            return self._decode_file(self._files, message, charge)
        return self._decode_by_type(message, charge)

    def _decode_file(self, files: FileReader, message: Message, charge: Charge) -> Request:
        try:
            return files.decode(message.body, charge)
        except InvalidImage as error:
            if message.media_type != _FORM:
                raise
            raise InvalidImage(error.message, _MANGLED + error.hint) from error

    def _decode_by_type(self, message: Message, charge: Charge) -> Request:
        kind, body = message.media_type, message.body
        if kind in _RAW_TYPES and len(body) % self._row_bytes == 0:
            if unsupported_formats.may_be(body):
                content = self._json_object(body, charge)
                if content is not None:
                    return self._decode_content(content, body, charge)
                self._refuse_foreign(body)
            if kind == _FORM and self._input.is_bytes and _LINE_ENDS.isdisjoint(body):
                raise self._error("the body has no zeros and no line ends; they may be lost", _MANGLED + _OR_TYPE)
            return self._raw.decode(body)
        if kind == "application/json" or kind.endswith("+json") or _opens_like_json(body):
            return self._decode_json(body, charge)
        if kind in _RAW_TYPES:
            if self._row_bytes == sys.maxsize:
                raise self._error(f"the body of {len(body)} bytes is not JSON", self._hints.body)
            self._refuse_foreign(body)
            sizes = f"neither a multiple of {self._row_bytes} nor an image file"
            if not self._files:
                sizes = f"not a multiple of {self._row_bytes}"
            hint = _MANGLED if kind == _FORM else ""
            raise self._error(f"{len(body)} bytes are {sizes}", hint + self._hints.body)
        if kind in _IMAGE_TYPES and self._files:
            self._refuse_foreign(body)
            raise InvalidImage(f"the body is not a file of type {kind}", "send the file without changes")
        foreign_kind = unsupported_formats.kind(body)
        if foreign_kind is not None:
            what = f"content type {kind!r} is not supported; the body is {foreign_kind.name}"
            raise UnsupportedMedia(what, foreign_kind.hint or self._hints.body)
        raise UnsupportedMedia(f"content type {kind!r} is not supported", self._hints.body)

    def _decode_fields(self, fields: list[Message], charge: Charge) -> Request:
        """Read several fields of a form: files or raw numbers, in their order."""
        if self._files and all(self._is_file(field.body) for field in fields):
            files = {f"file {index} of the form": field.body for index, field in enumerate(fields, 1)}
            return Request(*self._files.read_all(files, charge))
        requests = [self._decode_by_type(field, charge) for field in fields if not self._is_file(field.body)]
        if len(requests) < len(fields) or any(request.treatments[0].format != "raw" for request in requests):
            raise InvalidForm(
                f"the {len(fields)} form fields data are neither all image files nor all raw numbers",
                "send several fields data as image files or as raw numbers; send anything else as a single field",
            )
        check_count(sum(len(request.rows) for request in requests), self._input)
        treatments = [treatment for request in requests for treatment in request.treatments]
        return Request(np.concatenate([request.rows for request in requests]), treatments)

    def _refuse_foreign(self, body: bytes) -> None:
        """Raise an error that names the format of the body, if the format is known and unsupported."""
        foreign_kind = unsupported_formats.kind(body)
        if foreign_kind is not None and foreign_kind.is_torn:
            raise InvalidImage(f"the body is {foreign_kind.name}", foreign_kind.hint)
        if (foreign_kind is not None and _opens_like_json(body, (b"{", b"["))) or b'"binary_data_size"' in body[:_TOP]:
            self._parsed(body, free)
        if foreign_kind is not None:
            raise UnsupportedMedia(f"the body is {foreign_kind.name}", foreign_kind.hint or self._hints.body)

    def _decode_raw_tensor(self, tensor: RequestReader, body: bytes, charge: Charge) -> Request:
        """Read a raw binary request of Triton, which consists of the bytes of the input tensor."""
        if self._files and self._is_file(body):
            return tensor.of(self._files.decode(body, charge))
        if len(body) % self._row_bytes:
            raise InvalidTensor(
                f"Inference-Header-Content-Length is 0, but {len(body)} bytes of data are not a multiple of "
                f"{self._row_bytes}",
                self._hints.request,
            )
        if unsupported_formats.may_be(body):
            self._refuse_foreign(body)
        return tensor.of(self._raw.decode(body))

    def _json_object(self, body: bytes, charge: Charge) -> dict[str, Any] | None:
        """Return the JSON object in a body whose length fits raw numbers; None if the body is no JSON object."""
        if not _opens_like_json(body):
            return None
        try:
            content = json_text.parse(body, self._hints.fewer, charge)
        except (orjson.JSONDecodeError, TooLarge):
            return None
        return content if isinstance(content, dict) else None

    def _decode_json(self, body: bytes, charge: Charge) -> Request:
        content = self._parsed(body, charge)
        if not isinstance(content, dict):
            raise InvalidJSON(f"the JSON must be an object, not {shown(content)}", self._hints.body)
        return self._decode_content(content, body, charge)

    def _parsed(self, body: bytes, charge: Charge) -> Any:
        """Return the value of a JSON text. Raises InvalidJSON, or the error of a more likely mistake."""
        try:
            return json_text.parse(body, self._hints.fewer, charge)
        except orjson.JSONDecodeError as error:
            if b'"binary_data_size"' in body:
                raise InvalidTensor(
                    "binary data follows the JSON without the header Inference-Header-Content-Length",
                    "send Inference-Header-Content-Length: the length of the JSON in bytes",
                ) from error
            foreign_kind = None if texts.is_text(body) else unsupported_formats.kind(body)
            if foreign_kind is not None:
                raise InvalidJSON(
                    f"the body is {foreign_kind.name}, not JSON", foreign_kind.hint or self._hints.body
                ) from error
            hint = json_text.mistake(body) or self._hints.body
            raise InvalidJSON(f"the body is not valid JSON: {error}", hint) from error

    def _decode_content(self, content: dict[str, Any], body: bytes, charge: Charge) -> Request:
        for key, decode in self._readers.items():
            if content.get(key) is not None:
                return decode(JsonObject.of(content, body, charge))
        for key, decode in self._readers.items():  # the value is null: the reader raises the fitting error
            if key in content:
                return decode(JsonObject.of(content, b"", charge))
        names = ", ".join(repr(key[:40]) for key in list(content)[:5]) or "none"
        raise InvalidJSON(f"the JSON has none of the keys x, instances, inputs; it has: {names}", self._hints.body)


def _unnamed(input_spec: InputSpec, hints: Hints, files: FileReader | None, tensors: RequestReader) -> dict[str, _Read]:
    """Return the readers of JSON requests by key, for a model with one unnamed input."""
    lists = ListReader(input_spec, hints)
    instances = InstancesReader(input_spec, hints, lists, files)
    columns = ColumnsReader(input_spec, lists, instances)

    def inputs(sent: JsonObject) -> Request:
        """Read tensors of the Open Inference Protocol, or columns of TensorFlow Serving."""
        return (columns if is_columnar(sent.members["inputs"]) else tensors).decode(sent)

    return {"x": lists.decode, "instances": instances.decode, "inputs": inputs}


def _opens_like_json(body: bytes, mark: bytes | tuple[bytes, ...] = b"{") -> bool:
    return body[:64].lstrip().startswith(mark)
