"""Bodies in unsupported formats, recognised by their content, so that errors can name them.

A file of any format may have the length of raw examples. Without detection, its bytes would be read as numbers.
"""

import math
import re
import zlib
from dataclasses import dataclass

from inference import texts

_LOOK = 64  # bytes that are checked first
_BLACK = bytes(8)  # beginning of most raw images
_PORTABLE = re.compile(rb"P[1-7fF]\s+(?:#[^\r\n]*[\r\n]\s*)*(?:-?\d+|WIDTH)\s")
_OLD_PICKLE = re.compile(rb"\]q\0|\(lp\d|c(?:numpy|torch|copy_reg|collections|__builtin__)[\w.]*\n")
_PACKED = re.compile(rb"[\x81-\x8f](?:\xa1x|\xa6inputs|\xa9instances)|[\xa1-\xb7](?:ax|finputs|iinstances)")
_ONNX = re.compile(rb"\x08[\x01-\x20]\x12([\x01-\x40])[ -~]")
_PROTOBUF = re.compile(rb"\n([\x01-\x7f])[ -~]{3}")
_BSON = re.compile(rb"[\x01-\x13][ -~]+\0")
_TRUEVISION = b"TRUEVISION-XFILE.\0"
_ASCII = frozenset(texts.PRINTABLE.decode())
_NIFTI = (b"n+1\0", b"ni1\0")
_MARKS = {0xFE, 0xFF}  # of UTF-16
_MOVIE = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # the first boxes of MP4 and QuickTime files

_MAGIC = (
    (b"\x1f\x8b\x08", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\x04\x22\x4d\x18", "an LZ4 file"),
    (b"\x5d\0\0", "an LZMA file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"(\xb5/\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"PK\3\4", "a ZIP file, as npz, pt and docx files are"),
    (b"PK\5\6", "an empty ZIP file"),
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
    (b"FLV\1", "a Flash video"),
    (b"GGUF", "a GGUF file"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\0asm", "a program"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "an Arrow file"),
    (b"Obj\1", "an Avro file"),
    (b"MATLAB 5.0 MAT", "a MATLAB file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (b"\x0a\x05\x01\x08", "a PCX file"),
    (b"icns", "an ICNS file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"version https://git-lfs.github.com/", "a Git LFS pointer"),
    (b"qoif", "a QOI file"),
    (b"DDS ", "a DDS file"),
    (b"\xd7\xcd\xc6\x9a", "a WMF file"),
    (b"AT&TFORM", "a DjVu file"),
    (b"wOF", "a font"),
    (b"!<arch>\n", "an ar archive"),
    (b"SQLite format 3\0", "an SQLite file"),
    (b"\xef\xbb\xbf", "text that begins with a byte order mark"),
)
_STARTS = tuple(start for start, _ in _MAGIC)
# Beginnings of PNG files whose line ends were removed or converted, or whose bytes were converted as text.
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
_UTF8 = range(0xC2, 0xF5)  # first bytes of characters that are not ASCII
_ZLIB = tuple(bytes([0x78, level]) for level in (0x01, 0x5E, 0x9C, 0xDA))
_FIRST = (
    frozenset(start[0] for start in (*_STARTS, *_TORN)) | {8, *texts.PRINTABLE, *_UTF8, *range(0x81, 0x90), *_MARKS}
) - {0}

_CONVERT = "convert it to PNG or JPEG"
_TORN_HINT = "curl -d removes line ends: send the file with curl -T FILE or --data-binary @FILE"
_HINTS = texts.HINTS | {
    "a gzip file": "unpack it, or send it with the header Content-Encoding: gzip",
    "zlib data": "unpack it, or send it with the header Content-Encoding: deflate",
    "a numpy file": "send array.tobytes(), without the file header, or the numbers as JSON",
    "an IDX file": "send the numbers without the header: 4 bytes, and 4 for each dimension",
    "a Git LFS pointer": "fetch the file with git lfs pull, and send it",
    "a gRPC message": "send it to the gRPC service with a gRPC client",
    "BSON": "send JSON",
    "a form": "send the header Content-Type: multipart/form-data; boundary=... with the boundary of the form",
    "MessagePack or CBOR": "send JSON",
    "UTF-16 or UTF-32 text": "send UTF-8",
    "text that begins with a byte order mark": "send UTF-8 without a byte order mark",
}


@dataclass(frozen=True)
class Kind:
    """Name of a format, and a hint on what to send instead; empty: any accepted format.

    is_torn  True for an image file that lost bytes on its way
    """

    name: str
    hint: str = ""
    is_torn: bool = False


def may_be(body: bytes) -> bool:
    """Return False for most bodies for which ``kind`` is None, after a fast check. The body must not be empty."""
    if body[0]:
        return body[0] in _FIRST or body[2:4] == b"\0\0"  # files of several kinds begin with a length
    return body[:8] != _BLACK or body[128:132] == b"DICM"


def kind(body: bytes) -> Kind | None:
    """Return the kind of a body that is not an example; None if the format is unknown."""
    if body.startswith(_TORN):
        return Kind("a PNG file with changed line ends", _TORN_HINT, is_torn=True)
    name = _by_place(body) or _by_magic(body) or texts.kind(body)
    if name is None:
        return None
    return Kind(name, _HINTS.get(name, _CONVERT if body[4:8] == b"ftyp" else ""))


def _by_place(body: bytes) -> str | None:
    """Return the format of a body that is recognised by more than its first bytes; None for other bodies."""
    if body[4:8] == b"ftyp":
        return _BRANDS.get(body[8:12], "a video or image in an MP4 container")
    if body[0] == 0 and body[4:8] in _MOVIE:
        return "a video or image in an MP4 container"
    if body[:4] == b"\0\0\1\0" and _is_icon(body):
        return "an ICO file"
    if body[:2] == b"\0\0" and _is_idx(body):
        return "an IDX file"
    if body[128:132] == b"DICM" or body[344:348] in _NIFTI:
        return "a DICOM or NIfTI file"
    if (name := _by_length(body)) is not None:
        return name
    if body.startswith(b"RIFF") and body[8:12] in (b"WAVE", b"AVI "):
        return "an audio or video file"
    if _PORTABLE.match(body, 0, 256):
        return "a PBM, PGM, PPM, PAM or PFM file"
    if body[257:262] == b"ustar":
        return "a tar archive"
    if body.startswith(b"G") and body[188:565:188] == b"GGG":
        return "an MPEG transport stream"
    if body.startswith(b"--") and b"content-disposition: form-data" in body[:512].lower():
        return "a form"
    if body.endswith(_TRUEVISION):
        return "a Targa file"
    return "UTF-16 or UTF-32 text" if _is_wide(body) else None


def _by_length(body: bytes) -> str | None:
    """Return the format of a body that begins with its own length or the length of a part; None for other bodies."""
    if body[4:8] == b"TFL3":
        return "a TensorFlow Lite file"
    if body[0] == 0 and len(body) > 5 and int.from_bytes(body[1:5], "big") == len(body) - 5:
        return "a gRPC message"
    if int.from_bytes(body[:4], "little") == len(body) and _BSON.match(body, 4) and body[-1] == 0:
        return "BSON"
    if body[4:8] == b"\0\0\0\0" and body[8:10] == b'{"':
        return "a safetensors file"
    for message, name in ((_ONNX, "an ONNX file"), (_PROTOBUF, "a Protobuf message")):
        if (match := message.match(body)) and not texts.is_text(body):
            word = body[match.end(1) : match.end(1) + match[1][0]]
            if word.isascii() and word.decode().isprintable():
                return name
    return None


def _by_magic(body: bytes) -> str | None:
    if _OLD_PICKLE.match(body):
        return "a pickle"
    if _PACKED.match(body):
        return "MessagePack or CBOR"
    if body.startswith(_ZLIB):
        return "zlib data" if _is_zlib(body) else None
    if not body.startswith(_STARTS):
        return None
    name = next(name for start, name in _MAGIC if body.startswith(start))
    return None if name == "a pickle" and not body.rstrip(b"\0").endswith(b".") else name


def _is_icon(body: bytes) -> bool:
    """Return True if the first picture begins behind the directory, as in an icon file."""
    count = int.from_bytes(body[4:6], "little")
    return 0 < count < 64 and int.from_bytes(body[18:22], "little") == 6 + 16 * count


def _is_idx(body: bytes) -> bool:
    """Return True if the header has dimensions, and the body as many bytes as they need."""
    if len(body) < 8 or body[2] != 8:
        return False
    dimensions = body[3]
    if not 1 <= dimensions <= 4 or len(body) < 4 + 4 * dimensions:
        return False
    sides = [int.from_bytes(body[place : place + 4], "big") for place in range(4, 4 + 4 * dimensions, 4)]
    return 0 < math.prod(sides) <= len(body) - 4 - 4 * dimensions


def _is_zlib(body: bytes) -> bool:
    try:
        return bool(zlib.decompressobj().decompress(body[:1024], 1024))
    except zlib.error:
        return False


def _is_wide(body: bytes) -> bool:
    """Return True for text of two or four bytes a character that begins, after any byte order mark, in ASCII."""
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        try:
            start = body[:_LOOK].decode(encoding).lstrip("\ufeff")
        except UnicodeDecodeError:
            continue
        if len(start) >= _LOOK // 4 - 1 and all(character in _ASCII for character in start):
            return True
    return False
