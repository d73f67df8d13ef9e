"""Multipart forms (RFC 7578), and their fields that hold examples."""

import base64
from collections.abc import Iterator
from email.message import Message as Headers
from email.parser import BytesHeaderParser

from inference.cost import Charge, free
from inference.errors import InvalidForm
from inference.http_message import Message

FIELD = "data"
_MOST_PARTS = 1000  # so that a body that consists of boundaries costs little
_MOST_HEADERS, _MOST_LINES = 4096, 16  # bytes and lines of one part's headers
_MOST_TYPE = 512  # characters of a form's Content-Type: a boundary has at most 70
_MOST_SEMICOLONS = 16  # in headers: Python's parser reads the whole header again for each semicolon
_FEW, _PART_SECONDS = 16, 40e-6  # number of parts without a charge, and CPU seconds a part if there are more
_AS_IT_IS = ("", "binary", "8bit", "7bit")  # transfer encodings


def decode(message: Message, content: str, charge: Charge = free) -> list[Message]:
    """Return the fields ``data`` of a multipart/form-data message, each as a message with its own content type.

    Empty fields are left out if another field has content.
    content  noun for the content of the fields, used in hints
    charge   called with the estimated CPU seconds before many parts are read
    Raises InvalidForm if the parts cannot be separated or no part is a field ``data``.
    """
    hint = f"send the {content} as the form field {FIELD}; curl: -F {FIELD}=@FILE"
    boundary = _boundary(message.content_type, hint)
    end = b"\r\n" if boundary + b"\r\n" in message.body or boundary + b"--\r\n" in message.body else b"\n"
    parts = (end + message.body).split(end + boundary, _MOST_PARTS)
    if len(parts) > _MOST_PARTS:
        raise InvalidForm(f"the form has over {_MOST_PARTS - 2} parts", hint)
    if len(parts) < 3 or not parts[-1].startswith(b"--"):  # text before the first boundary, at least one part, the end
        raise InvalidForm("no part of the form begins and ends with the boundary of its Content-Type", hint)
    if len(parts) > _FEW:
        charge(len(parts) * _PART_SECONDS)
    names: list[str] = []
    fields = list(_fields(parts[1:-1], end, message, names, hint))
    if not fields:
        others = ", ".join(repr(name[:40]) for name in names[:4])
        raise InvalidForm(f"the form has no field {FIELD}" + (f"; it has: {others}" if others else ""), hint)
    return [field for field in fields if field.body] or fields[:1]


def _fields(parts: list[bytes], end: bytes, message: Message, names: list[str], hint: str) -> Iterator[Message]:
    """Yield the fields ``data``. Add the names of other fields to ``names``."""
    for part in parts:
        headers, body = _split(part, end, hint)
        name = headers.get_param("name", header="content-disposition")
        if name == FIELD:
            kind = str(headers.get("content-type", ""))  # a Header object if the value has bytes that are not ASCII
            yield Message(_transferred(headers, body, hint), kind, message.headers)
        elif isinstance(name, str):
            names.append(name)


def _boundary(content_type: str, hint: str) -> bytes:
    """Return the line that separates the parts. Raises InvalidForm if the content type has none."""
    if len(content_type) > _MOST_TYPE or content_type.count(";") > _MOST_SEMICOLONS:
        raise InvalidForm(f"the Content-Type of the form is too long: {len(content_type)} characters", hint)
    headers = Headers()
    headers["content-type"] = content_type
    boundary = headers.get_param("boundary")
    if not isinstance(boundary, str) or not boundary or not boundary.isascii():
        raise InvalidForm("the Content-Type of the form has no boundary", hint)
    return b"--" + boundary.encode()


def _split(part: bytes, end: bytes, hint: str) -> tuple[Headers, bytes]:
    head, separator, content = part.partition(end + end)
    if not separator or len(head) > _MOST_HEADERS:
        raise InvalidForm("a form part has no empty line after its headers", hint)
    if head.count(b"\n") > _MOST_LINES or head.count(b";") > _MOST_SEMICOLONS:
        raise InvalidForm(f"a form part has over {_MOST_LINES} headers, or over {_MOST_SEMICOLONS} parameters", hint)
    return BytesHeaderParser().parsebytes(head.lstrip(b"\r\n")), content


def _transferred(headers: Headers, body: bytes, hint: str) -> bytes:
    """Return the content of a field without its transfer encoding."""
    encoding = str(headers.get("content-transfer-encoding", "")).strip().lower()
    if encoding in _AS_IT_IS:
        return body
    try:
        if encoding == "base64":
            return base64.b64decode(b"".join(body.split()), validate=True)
    except ValueError as error:
        raise InvalidForm(f"the field {FIELD} is not valid base64: {error}", hint) from error
    raise InvalidForm(
        f"unsupported transfer encoding {encoding[:40]!r} of the field {FIELD}", "send the bytes without encoding"
    )
