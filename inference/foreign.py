"""Bodies that are neither an example nor JSON, recognised by their content, so that an error can name them.

Bytes of any kind may be as long as some examples: they would be read as numbers and answered.
"""

import re
from dataclasses import dataclass

_LEAST_TEXT = 16  # bytes: fewer of a number's may look like text
_LOOK = 64  # bytes that are looked at first
_BLANKS = b"\t\n\r\f"
_PRINTABLE = bytes({*range(32, 127), *_BLANKS})
_MOST_BASE64 = 1 << 16  # bytes that are looked at to tell base64 from other text
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\s-]++={0,2}\s*")  # nothing is tried twice: a body may be 10 MB of spaces
_COMMENTED = re.compile(rb"P[1-7]\s+(?:#[^\r\n]*[\r\n]\s*)*(?:\d+|WIDTH)\s")

_MAGIC = (
    (b"\x1f\x8b\x08", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"(\xb5/\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"PK\3\4", "a ZIP file, as npz, pt and docx files are"),
    (b"%PDF-", "a PDF file"),
    (b"\x93NUMPY", "a numpy file"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"\x80\2", "a pickle"),
    (b"\x80\3", "a pickle"),
    (b"\x80\4\x95", "a pickle"),
    (b"\x80\5\x95", "a pickle"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL file"),
    (b"8BPS", "a Photoshop file"),
    (b"v/1\1", "an OpenEXR file"),
    (b"II+\0", "a BigTIFF file"),
    (b"MM\0+", "a BigTIFF file"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "an SQLite file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\xef\xbb\xbf", "text that begins with a byte order mark"),
)
_STARTS = tuple(start for start, _ in _MAGIC)
# What is left of a PNG file without its line ends, or with others, or as text.
_TORN = (
    b"\x89PNG\x1a",
    b"\x89PNG\r\x1a",
    b"\x89PNG\n\x1a",
    b"\x89PNG\n\n",
    b"\xef\xbf\xbdPNG",
    b"\xc2\x89PNG",
    b"PNG\x1a",
)
_BRANDS = {
    b"heic": "a HEIC file", b"heix": "a HEIC file", b"hevc": "a HEIC file", b"mif1": "a HEIC file",
    b"msf1": "a HEIC file", b"avif": "an AVIF file", b"avis": "an AVIF file", b"crx ": "a Canon raw file",
}  # fmt: skip
_FIRST = (frozenset(start[0] for start in (*_STARTS, *_TORN)) | frozenset(_PRINTABLE)) - {0}

_CONVERT = "convert it to PNG or JPEG"
_TORN_HINT = "curl -d removes line ends: send the file by curl -T FILE or --data-binary @FILE"
_HINTS = {
    "a gzip file": "unpack it, or send it with the header Content-Encoding: gzip",
    "a numpy file": "send the array's bytes without the header of the file, array.tobytes(), or its numbers as JSON",
    "base64 text": 'decode it, or send it as {"instances": [{"b64": "..."}]}',
    "a data: URL": 'send it as {"instances": [{"b64": "data:..."}]}',
    "UTF-16 text": "send UTF-8",
    "text that begins with a byte order mark": "send UTF-8 without a byte order mark",
}


@dataclass(frozen=True)
class Kind:
    """Name of a body, and a hint on what to send instead; empty: what a request may hold.

    is_torn  True for an image file that lost bytes on its way
    """

    name: str
    hint: str = ""
    is_torn: bool = False


def may_be(body: bytes) -> bool:
    """Return False for most bodies that are of no kind known here: a look at a few bytes. The body is not empty."""
    if body[0]:
        return body[0] in _FIRST
    return body[2:5] != b"\0\0\0" and (body[4:8] in (b"ftyp", b"jP  ", b"JXL ") or body[:4] == b"\0\0\1\0")


def kind(body: bytes) -> Kind | None:
    """Return the kind of a body that is no example; None if it is of no kind known here."""
    if body.startswith(_TORN):
        return Kind("a PNG file without its line ends", _TORN_HINT, is_torn=True)
    name = _by_magic(body) or _text(body)
    if name is None:
        return None
    return Kind(name, _HINTS.get(name, _CONVERT if body[4:8] == b"ftyp" else ""))


def is_text(body: bytes) -> bool:
    """Return True for UTF-8 without control characters, of 16 bytes or more."""
    if len(body) < _LEAST_TEXT or body[:_LOOK].translate(None, _PRINTABLE).strip(bytes(range(128, 256))):
        return False
    if body.isascii():
        return not body.translate(None, _PRINTABLE)
    try:
        return body.translate(None, _BLANKS).decode().isprintable()
    except UnicodeDecodeError:
        return False


def _by_magic(body: bytes) -> str | None:
    if body[4:8] == b"ftyp":
        return _BRANDS.get(body[8:12], "a video or image in an MP4 container")
    if body[:4] == b"\0\0\1\0" and _is_icon(body):
        return "an ICO file"
    if body.startswith(b"RIFF") and body[8:12] in (b"WAVE", b"AVI "):
        return "an audio or video file"
    if _COMMENTED.match(body, 0, 256):
        return "a PBM, PGM, PPM or PAM file"
    if body[257:262] == b"ustar":
        return "a tar archive"
    if not body.startswith(_STARTS):
        return None
    name = next(name for start, name in _MAGIC if body.startswith(start))
    if name == "a pickle" and not body.rstrip(b"\0").endswith(b"."):
        return None
    return None if name == "UTF-16 text" and not _is_utf16(body) else name


def _text(body: bytes) -> str | None:
    if not is_text(body):
        return None
    start = body[:_LOOK].lstrip().lower()
    if start.startswith(b"data:"):
        return "a data: URL"
    if start.startswith(b"<"):
        return "SVG or another text of XML or HTML"
    return "base64 text" if _BASE64.fullmatch(body, 0, _MOST_BASE64) else "text"


def _is_icon(body: bytes) -> bool:
    """The first picture of an icon begins behind the directory."""
    count = int.from_bytes(body[4:6], "little")
    return 0 < count < 64 and int.from_bytes(body[18:22], "little") == 6 + 16 * count


def _is_utf16(body: bytes) -> bool:
    try:
        start = body[: 2 * _LOOK].decode("utf-16")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\n\r" for character in start)
