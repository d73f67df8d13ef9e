"""Bodies that have the length of examples, but another content."""

import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
from safetensors.numpy import save

from inference import unsupported_formats
from inference.errors import ServiceError
from inference.http_message import Message
from tests import recipe
from tests.messages import RAW, decode, png
from tests.pictures import digit, saved
from training.data.dataset import Dataset

SEVEN = recipe.drawn(7)
PNG = png(SEVEN[0])


def _in_a_file(write: str) -> bytes:
    file = io.BytesIO()
    if write == "npy":
        np.save(file, SEVEN)
    elif write == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("7.png", PNG)
    else:
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("7.png"), io.BytesIO(PNG))
    return file.getvalue()


def bson(size: int) -> bytes:
    """Return a BSON document of this many bytes with binary data."""
    head = size.to_bytes(4, "little") + b"\x05x\0" + (size - 13).to_bytes(4, "little") + b"\0"
    return bytes(head + SEVEN[0].tobytes()[: size - 13].ljust(size - 13, b"\1") + b"\0")


def ftyp(brand: bytes) -> bytes:
    return bytes.fromhex("00000020") + b"ftyp" + brand + b"mif1heic" + np.random.default_rng(0).bytes(999)


# Parts of the message -> body. Padding to a multiple of 784 does not change its format.
KINDS: dict[str, bytes] = {
    "a gzip file": gzip.compress(PNG),
    "zlib data": zlib.compress(PNG),
    "an LZMA file": lzma.compress(PNG, lzma.FORMAT_ALONE),
    "an empty ZIP file": b"PK\5\6" + bytes(18),
    "an IDX file": bytes.fromhex("00000803000000010000001c0000001c") + SEVEN[0].tobytes(),
    "a form": b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\n' + PNG + b"\r\n--b--\r\n",
    "MessagePack or CBOR": b"\x81\xa1x\xdc\x03\x10" + SEVEN[0].tobytes(),
    "a WebM": b"\x1aE\xdf\xa3\x9fB\x86\x81\1" + PNG,
    "an MP4 container": bytes.fromhex("00000008") + b"wide" + PNG,
    "a bzip2 file": bz2.compress(PNG),
    "an xz file": lzma.compress(PNG),
    "a ZIP file": _in_a_file("zip"),
    "a tar archive": _in_a_file("tar"),
    "a numpy file": _in_a_file("npy"),
    "a pickle": pickle.dumps(SEVEN),
    "the body is a pickle": pickle.dumps(SEVEN, protocol=1),
    "a PDF file": b"%PDF-1.7\n" + bytes(range(256)),
    "a HEIC file": ftyp(b"heic"),
    "an AVIF file": ftyp(b"avif"),
    "a DICOM": bytes(128) + b"DICM\2\0\0\0UL\4\0" + SEVEN[0].tobytes(),
    "a GGUF file": b"GGUF\3\0\0\0" + SEVEN[0].tobytes(),
    "a TensorFlow Lite file": b"\x1c\0\0\0TFL3" + SEVEN[0].tobytes(),
    "an ONNX file": b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:" + SEVEN[0].tobytes(),
    "a Protobuf message": b"\n\x06digits\x12\x011" + SEVEN[0].tobytes(),
    "a safetensors file": save({"x": SEVEN[0]}),
    "an ICO file": saved(digit(7), "ICO"),
    "a JPEG 2000 file": saved(digit(7), "JPEG2000"),
    "a PBM, PGM, PPM, PAM or PFM file": saved(digit(7), "PPM"),
    "NIfTI file": (348).to_bytes(4, "little") + bytes(340) + b"n+1\0" + SEVEN[0].tobytes(),
    "a PCX file": b"\x0a\5\1\x08" + SEVEN[0].tobytes(),
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 284\n",
    "base64 text": base64.b64encode(PNG),
    "a data: URL": b"data:image/png;base64," + base64.b64encode(PNG),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "the body is text": b"The quick brown fox, he said, jumps.\n" * 40,
    "numbers as text": b"5.1,3.5,1.4,0.2\n" * 40,
    "URL-encoded fields": b"user=me&image=" + base64.b64encode(PNG).replace(b"+", b"%2B").rstrip(b"="),
    "hexadecimal text": SEVEN[0].tobytes().hex().encode(),
    "not UTF-8": "Größe über alles, Maß für Maß. ".encode("latin-1") * 40,
    "byte order mark": b'\xef\xbb\xbf{"x": [0]}',
    "UTF-16 or UTF-32 text": json.dumps({"x": [0] * 8}).encode("utf-16"),
    "is not valid JSON": b'{"x": [0, 1, 2,]}',
    "a PNG file with changed line ends": PNG.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b""),
}
_TEXTS = (
    "base64 text",
    "a data: URL",
    "SVG",
    "the body is text",
    "numbers as text",
    "URL-encoded fields",
    "hexadecimal text",
    "not UTF-8",
    "byte order mark",
    "is not valid JSON",
)


@pytest.mark.parametrize("content_type", ["", RAW, "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("is_multiple", [True, False])
@pytest.mark.parametrize("words", KINDS)
def test_it_is_refused_by_its_name(words: str, is_multiple: bool, content_type: str) -> None:
    body = KINDS[words]
    padding = b" \0" if words == "UTF-16 or UTF-32 text" else b" " if words in _TEXTS else b"\0"
    count = -len(body) % 784 if is_multiple else len(padding)
    body += (padding * 784)[: count - count % len(padding) or len(padding)]
    with pytest.raises(ServiceError) as refused:
        decode(Message(body, content_type))
    assert words in refused.value.message
    assert 400 <= refused.value.status < 500
    assert refused.value.hint


@pytest.mark.parametrize("words", [words for words in _TEXTS if words != "is not valid JSON"])
def test_text_before_zeros_is_refused_by_its_name(words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        decode(Message(KINDS[words].ljust(784 * 4, b"\0"), RAW))


@pytest.mark.parametrize("words", KINDS)
def test_a_body_may_end_anywhere(words: str) -> None:
    for size in range(1, 80):
        unsupported_formats.may_be(KINDS[words][:size])
        unsupported_formats.kind(KINDS[words][:size])


@pytest.mark.parametrize(
    ("words", "body", "padding"),
    [
        ("a gRPC message", b"\0" + (779).to_bytes(4, "big") + b"\n\x06digits" + bytes(771), b""),
        ("BSON", bson(784), b""),
        ("BSON", bson(2 * 784), b""),
        ("a Targa file", SEVEN[0].tobytes(), b"TRUEVISION-XFILE.\0"),
    ],
)
def test_one_that_has_its_length_or_its_name_at_the_end_is_refused_by_its_name(
    words: str, body: bytes, padding: bytes
) -> None:
    body = body[: len(body) - len(padding)] + padding
    assert unsupported_formats.kind(body) == unsupported_formats.Kind(words, unsupported_formats.kind(body).hint)  # type: ignore[union-attr]
    if words != "a Targa file":  # its pixels would be black, so they are not checked further
        with pytest.raises(ServiceError, match=f"the body is {words}"):
            decode(Message(body, RAW))


@pytest.mark.parametrize("body", [b"\0\0\0", b"\0\0\x08", b"\0\0\x08\x03", b"\0" * 8])
def test_black_pixels_are_of_no_other_kind(body: bytes) -> None:
    assert unsupported_formats.kind(body) is None


def test_a_look_at_a_few_bytes_is_enough_for_mnist(mnist: Dataset) -> None:
    assert not any(unsupported_formats.may_be(image.tobytes()) for image in mnist.test.images)


@pytest.mark.parametrize(("page", "ink"), [(120, 40), (115, 35), (60, 110), (126, 90)])
def test_photos_whose_pixels_are_all_printable_are_no_text(mnist: Dataset, page: int, ink: int) -> None:
    for image in mnist.test.images[:200]:
        body = np.rint(page + (ink - page) * (image / 255)).astype(np.uint8).tobytes()
        assert unsupported_formats.kind(body) is None


@pytest.mark.parametrize(("dtype", "scale"), [("<f4", 1), ("<f8", 100), ("<i4", 1000), ("u1", 255)])
def test_numbers_are_none_of_these(dtype: str, scale: float) -> None:
    """Four random numbers are no such format, in a thousand trials."""
    random = np.random.default_rng(0)
    rows = (random.random((1000, 32)) * scale).astype(dtype)
    assert [unsupported_formats.kind(row.tobytes()) for row in rows if unsupported_formats.kind(row.tobytes())] == []
