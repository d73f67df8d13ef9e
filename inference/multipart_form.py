"""A multipart form (RFC 7578): the fields that hold examples."""

import base64
from collections.abc import Iterator
from email.message import Message as Headers
from email.parser import BytesHeaderParser

from inference.cost import Charge, free
from inference.errors import InvalidForm
from inference.http_message import Message

FIELD = "data"
_MOST_PARTS = 1000  # so that a body of nothing but boundaries is not work
_MOST_HEADERS, _MOST_LINES = 4096, 16  # bytes and lines of one part's headers
_MOST_TYPE = 512  # characters of a form's Content-Type: a boundary has at most 70
_MOST_SEMICOLONS = 16  # in headers: Python's parser looks at all of a header again for each of them
_FEW, _PART_SECONDS = 16, 40e-6  # parts that cost little, and what one of more costs
_AS_IT_IS = ("", "binary", "8bit", "7bit")  # transfer encodings


def decode(message: Message, content: str, charge: Charge = free) -> list[Message]:
    """Return the fields ``data`` of a multipart/form-data message, each as a message with its own content type.

    Of several those without content are left out.
    content  noun for what they should hold: the end of a hint
    charge   called with the estimated CPU seconds of many parts before they are read
    Raises InvalidForm if the parts cannot be told apart or none of them is that field.
    """
    hint = f"send the {content} as the form field {FIELD}; curl: -F {FIELD}=@FILE"
    boundary = _boundary(message.content_type, hint)
    end = b"\r\n" if boundary + b"\r\n" in message.body or boundary + b"--\r\n" in message.body else b"\n"
    parts = (end + message.body).split(end + boundary, _MOST_PARTS)
    if len(parts) > _MOST_PARTS:
        raise InvalidForm(f"the form has over {_MOST_PARTS - 2} parts", hint)
    if len(parts) < 3 or not parts[-1].startswith(b"--"):  # what stands before, one or more parts, the end
        raise InvalidForm("the form's parts do not begin and end with the boundary that its Content-Type names", hint)
    if len(parts) > _FEW:
        charge(len(parts) * _PART_SECONDS)
    names: list[str] = []
    fields = list(_fields(parts[1:-1], end, message, names, hint))
    if not fields:
        others = ", ".join(repr(name[:40]) for name in names[:4])
        raise InvalidForm(f"the form has no field {FIELD}" + (f"; it has: {others}" if others else ""), hint)
    return [field for field in fields if field.body] or fields[:1]


def _fields(parts: list[bytes], end: bytes, message: Message, names: list[str], hint: str) -> Iterator[Message]:
    """The fields that hold examples; the names of the others are added to ``names``."""
    for part in parts:
        headers, body = _split(part, end, hint)
        name = headers.get_param("name", header="content-disposition")
        if name == FIELD:
            kind = str(headers.get("content-type", ""))  # not a string already if it has bytes that are not ASCII
            yield Message(_transferred(headers, body, hint), kind, message.headers)
        elif isinstance(name, str):
            names.append(name)


def _boundary(content_type: str, hint: str) -> bytes:
    """The line that separates the parts."""
    if len(content_type) > _MOST_TYPE or content_type.count(";") > _MOST_SEMICOLONS:
        raise InvalidForm(f"the form's Content-Type has {len(content_type)} characters", hint)
    headers = Headers()
    headers["content-type"] = content_type
    boundary = headers.get_param("boundary")
    if not isinstance(boundary, str) or not boundary or not boundary.isascii():
        raise InvalidForm("the form's Content-Type has no boundary", hint)
    return b"--" + boundary.encode()


def _split(part: bytes, end: bytes, hint: str) -> tuple[Headers, bytes]:
    head, separator, content = part.partition(end + end)
    if not separator or len(head) > _MOST_HEADERS:
        raise InvalidForm("a part of the form has no end of its headers", hint)
    if head.count(b"\n") > _MOST_LINES or head.count(b";") > _MOST_SEMICOLONS:
        raise InvalidForm(f"a part of the form has over {_MOST_LINES} headers or parameters of them", hint)
    return BytesHeaderParser().parsebytes(head.lstrip(b"\r\n")), content


def _transferred(headers: Headers, body: bytes, hint: str) -> bytes:
    """The content of a field without its transfer encoding."""
    encoding = str(headers.get("content-transfer-encoding", "")).strip().lower()
    if encoding in _AS_IT_IS:
        return body
    try:
        if encoding == "base64":
            return base64.b64decode(b"".join(body.split()), validate=True)
    except ValueError as error:
        raise InvalidForm(f"the field {FIELD} is not valid base64: {error}", hint) from error
    raise InvalidForm(f"the field {FIELD} has the transfer encoding {encoding[:40]!r}", "send its bytes as they are")
