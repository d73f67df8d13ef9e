"""The formats that clients speak. ``decode`` recognises one and gives a request that can answer in kind.

message -> decode -> Request(images, treatments) ... stacked -> predictions -> Batch -> Request.answer -> answer
"""

from typing import Any

import orjson

from inference import form
from inference.cost import Charge, free, limited
from inference.errors import EmptyBody, InvalidImage, InvalidJSON, InvalidPixels, TooLarge, UnsupportedMedia
from inference.images import image_file
from inference.messages import Message
from inference.protocols import image, instances, json_text, raw, tensors, x_json
from inference.protocols.batch import Batch
from inference.protocols.lists import may_have_booleans
from inference.protocols.request import Request, Stack, stack, stacked
from model.pixels import PIXELS

__all__ = ["Batch", "Request", "Stack", "decode", "stack", "stacked"]

_HINT = (
    'send an image file, raw pixels (784 bytes an image) as application/octet-stream, or JSON: {"x": ...}, '
    '{"instances": [...]} or an Open Inference Protocol request'
)
_FILES_HINT = "send fewer or smaller image files a request"
_JSON_KEYS = {"x": x_json.decode, "instances": instances.decode, "inputs": tensors.decode}
# No type at all is what gRPC, form fields and curl -T send; a form's is what curl -d and --data-binary claim.
_RAW_TYPES = ("", "application/octet-stream", "application/x-www-form-urlencoded")
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp", "image/tiff")


def decode(message: Message, charge: Charge = free) -> Request:
    """Recognise the dialect of a message and read its images.

    Raises a ServiceError with status 400, 413 or 415 that names what was wrong and what to send instead.
    ``charge`` is called with the estimated CPU seconds before each image file is decoded; what it raises is passed on.
    """
    try:
        return _decode(message, limited(charge, lambda: "the image files up to this one", _FILES_HINT))
    except (MemoryError, RecursionError) as error:
        raise TooLarge(f"the body of {len(message.body):,} bytes takes too much memory to read", _HINT) from error


def _decode(message: Message, charge: Charge) -> Request:
    encoding = message.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise UnsupportedMedia(f"Content-Encoding {encoding!r} is not read here", "send the body uncompressed")
    if message.media_type == "multipart/form-data":
        message = form.decode(message)
    if not message.body:
        raise EmptyBody("the body is empty", _HINT)
    if tensors.HEADER in message.headers:
        return tensors.decode_binary(message, charge)
    if image_file.has_magic(message.body):
        return image.decode(message.body, charge)
    return _decode_by_type(message, charge)


def _decode_by_type(message: Message, charge: Charge) -> Request:
    kind = message.media_type
    if kind in _RAW_TYPES and len(message.body) % PIXELS == 0:
        content = _json_object(message.body)
        return raw.decode(message.body) if content is None else _decode_content(content, message.body, charge)
    if kind == "application/json" or kind.endswith("+json") or _opens_like_json(message.body):
        return _decode_json(message.body, charge)
    if kind in _RAW_TYPES:
        raise InvalidPixels(f"{len(message.body)} bytes are neither a multiple of 784 nor an image file", _HINT)
    if kind in _IMAGE_TYPES:
        raise InvalidImage(f"the body does not begin like a file of type {kind}", "send the file's bytes as they are")
    raise UnsupportedMedia(f"content type {kind!r} is not read here", _HINT)


def _opens_like_json(body: bytes) -> bool:
    return body[:64].lstrip().startswith(b"{")


def _json_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in bytes without a type whose length could be raw pixels', None if they are pixels."""
    if not _opens_like_json(body):
        return None
    try:
        content = json_text.parse(body)
    except (orjson.JSONDecodeError, TooLarge):
        return None
    return content if isinstance(content, dict) else None


def _decode_json(body: bytes, charge: Charge) -> Request:
    try:
        content = json_text.parse(body)
    except orjson.JSONDecodeError as error:
        raise InvalidJSON(f"the body is not valid JSON: {error}", _HINT) from error
    if not isinstance(content, dict):
        raise InvalidJSON(f"the JSON must be an object, not {type(content).__name__}", _HINT)
    return _decode_content(content, body, charge)


def _decode_content(content: dict[str, Any], body: bytes, charge: Charge) -> Request:
    for key, decode_content in _JSON_KEYS.items():
        if key in content:
            return decode_content(content, booleans=may_have_booleans(body), charge=charge)
    found = ", ".join(repr(key[:40]) for key in list(content)[:5]) or "none"
    raise InvalidJSON(f"the JSON has none of the keys x, instances, inputs; it has: {found}", _HINT)
