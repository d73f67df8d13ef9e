"""Detection of text in a body: numbers, base64, HTML and other kinds that an error message can name."""

import re

import numpy as np

_LEAST = 16  # bytes: fewer bytes of raw numbers may be printable by chance
_LOOK = 64  # bytes of the first, fast check
_MOST = 1 << 16  # bytes from which the kind of a text is determined
_BLANKS = b"\t\n\r\f"
PRINTABLE = bytes({*range(32, 127), *_BLANKS})
_HIGH = bytes(range(128, 256))
_LATIN = bytes(range(160, 256))  # printable in Latin-1
_MARKUP = re.compile(rb"<[!?a-z]")
_JSON = (b"{", b"[", b'"')
_NUMBERS = re.compile(rb"[-\d\s.,;:+eE\[\]|]+")
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F\s]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\r\n-]++={0,2}\s*")  # possessive: a body of line ends must not cause backtracking
_FIELDS = re.compile(rb"[\w.~%+/&*-]*=[\w.~%+/&=*-]*\s*")
_FEW_COLOURS = 3  # different bytes: a text has more; a body with fewer is a drawing made of characters
_STEP = 12  # of 255: neighbours in a picture seldom differ by more, letters in a text often do
_SMOOTH = 0.3  # a picture has a smaller share of neighbours that differ by more than _STEP

HINTS = {
    "base64 text": 'decode it, or send it as {"instances": [{"b64": "..."}]}',
    "a data: URL": 'send it as {"instances": [{"b64": "data:..."}]}',
    "numbers as text": 'send them as JSON, {"x": [...]}',
    "URL-encoded fields": "send the file as the body (curl -T FILE) or in a form (curl -F data=@FILE)",
    "hexadecimal text": "decode it, and send the bytes",
    "text that is not UTF-8": "send UTF-8",
}


def is_text(body: bytes) -> bool:
    """Return True for UTF-8 text of at least 16 bytes without control characters."""
    if len(body) < _LEAST or body[:_LOOK].translate(None, PRINTABLE).strip(_HIGH):
        return False
    if body.isascii():
        return not body.translate(None, PRINTABLE)
    try:
        return body.translate(None, _BLANKS).decode().isprintable()
    except UnicodeDecodeError:
        return False


def kind(body: bytes) -> str | None:
    """Return the kind of a text, which zeros may follow; None for bytes that are no text or may also be pixels."""
    text = body.rstrip(b"\0")
    if len(text) < len(body) and len(set(text[:_MOST])) > _FEW_COLOURS:
        body = text
    if not is_text(body):
        return "text that is not UTF-8" if _is_latin(body) else None
    start = body[:_LOOK].lstrip().lower()
    if start.startswith(b"data:"):
        return "a data: URL"
    if _MARKUP.match(start):
        return "SVG, XML or HTML text"
    if _NUMBERS.fullmatch(body, 0, _MOST):
        return "numbers as text"
    if _HEXADECIMAL.fullmatch(body, 0, _MOST):
        return "hexadecimal text"
    if _FIELDS.fullmatch(body, 0, _MOST) and not body.rstrip().endswith(b"="):
        return "URL-encoded fields"
    if _BASE64.fullmatch(body, 0, _MOST):
        return "base64 text"
    return None if _is_smooth(body) and not start.startswith(_JSON) else "text"


def _is_latin(body: bytes) -> bool:
    """Return True for text in Latin-1 or Windows-1252: at most half of its bytes are not ASCII."""
    some = body[:_MOST]
    rest = some.translate(None, PRINTABLE)
    has_letters = len(body) >= _LEAST and 0 < len(rest) <= len(some) / 2 and len(set(some)) > _FEW_COLOURS
    return has_letters and not rest.translate(None, _LATIN) and not _is_smooth(some)


def _is_smooth(body: bytes) -> bool:
    """Return True if neighbouring bytes differ as little as pixels of a photo, which may all be printable."""
    start = body[:_MOST].strip()
    some = np.frombuffer(start, np.uint8).astype(np.int16)
    return len(set(start)) > _FEW_COLOURS and bool((np.abs(np.diff(some)) > _STEP).mean() < _SMOOTH)
