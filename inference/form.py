"""A multipart form (RFC 7578): the field that holds the example."""

from email.message import Message as Headers
from email.parser import BytesHeaderParser

from inference.errors import InvalidForm
from inference.messages import Message

FIELD = "data"
_MOST_PARTS = 32  # so that a body of nothing but boundaries is not work
_MOST_HEADERS = 4096  # bytes of one part's headers


def decode(message: Message, content: str) -> Message:
    """The form field ``data`` of a multipart/form-data message, as a message with the part's own content type.

    content  noun for what it should hold: the end of a hint
    Raises InvalidForm if the parts cannot be told apart or none of them is that field.
    """
    hint = f"send the {content} as the form field {FIELD}; curl: -F {FIELD}=@FILE"
    delimiter = b"\r\n--" + _boundary(message.content_type, hint)
    parts = (b"\r\n" + message.body).split(delimiter, _MOST_PARTS)
    if len(parts) < 3 or not parts[-1].startswith(b"--"):  # what stands before, one or more parts, the end
        raise InvalidForm("the form's parts do not begin and end with the boundary that its Content-Type names", hint)
    for part in parts[1:-1]:
        headers, body = _split(part, hint)
        if headers.get_param("name", header="content-disposition") == FIELD:
            kind = str(headers.get("content-type", ""))  # not a string already if it has bytes that are not ASCII
            return Message(body, kind, message.headers)
    raise InvalidForm(f"the form has no field {FIELD}", hint)


def _boundary(content_type: str, hint: str) -> bytes:
    headers = Headers()
    headers["content-type"] = content_type
    boundary = headers.get_param("boundary")
    if not isinstance(boundary, str) or not boundary or not boundary.isascii():
        raise InvalidForm("the form's Content-Type names no boundary", hint)
    return boundary.encode()


def _split(part: bytes, hint: str) -> tuple[Headers, bytes]:
    head, separator, content = part.partition(b"\r\n\r\n")
    if not separator or len(head) > _MOST_HEADERS:
        raise InvalidForm("a part of the form has no end of its headers", hint)
    return BytesHeaderParser().parsebytes(head.lstrip(b"\r\n")), content
