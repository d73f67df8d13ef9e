"""Valid bodies that are damaged, re-encoded, rescaled or mislabelled: read correctly, reported or refused."""

import base64
import gzip
import io
import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.classifier import Classifier
from inference.errors import BadRequest, TooLarge, UnsupportedMedia
from inference.http_message import JSON, Message
from model import SPEC
from tests.messages import RAW, b64, decode, form, of_json, png, tensor
from training.data.dataset import Dataset

FORM = "application/x-www-form-urlencoded"
HEADER = "inference-header-content-length"


def _saved(array: npt.NDArray[Any], kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind)
    return file.getvalue()


def _npy(image: npt.NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, image)
    return file.getvalue()


def _padded(body: bytes, padding: bytes = b"\0") -> bytes:
    return body + padding * (-len(body) % 784)


def _unit(image: npt.NDArray[Any]) -> list[float]:
    unit: list[float] = (image / 255.0).round(4).ravel().tolist()
    return unit


# name -> message of an image (28, 28)
WAYS: dict[str, Callable[[npt.NDArray[Any]], Message]] = {
    "line ends removed": lambda i: Message(png(i).translate(None, b"\r\n\0"), FORM),
    "raw without its zeros": lambda i: Message(_padded(i.tobytes().translate(None, b"\0"), b"\1"), FORM),
    "cut off": lambda i: Message(png(i)[:-40], "image/png"),
    "cut off raw": lambda i: Message(i.tobytes()[:-1], RAW),
    "base64": lambda i: Message(_padded(base64.b64encode(png(i)), b"\n"), RAW),
    "base64 of raw": lambda i: Message(_padded(base64.b64encode(i.tobytes()), b" "), ""),
    "a data: URL": lambda i: Message(_padded(b"data:image/png;base64," + base64.b64encode(png(i)), b" "), ""),
    "hexadecimal": lambda i: Message(i.tobytes().hex().encode(), ""),
    "numbers as text": lambda i: Message(_padded(b" ".join(b"%d" % n for n in i.ravel()), b" "), RAW),
    "JSON with a mark": lambda i: Message(_padded(b"\xef\xbb\xbf" + of_json({"x": i.tolist()}).body, b" "), RAW),
    "JSON in UTF-16": lambda i: Message(json.dumps({"x": i.tolist()}).encode("utf-16"), JSON),
    "JSON cut off": lambda i: Message(_padded(of_json({"x": i.tolist()}).body[:-3], b" "), RAW),
    "a JSON list": lambda i: Message(_padded(json.dumps(i.tolist()).encode(), b" "), ""),
    "gzip": lambda i: Message(_padded(gzip.compress(i.tobytes())), RAW),
    "gzip, declared": lambda i: Message(gzip.compress(i.tobytes()), RAW, {"content-encoding": "gzip"}),
    "deflate, declared": lambda i: Message(zlib.compress(png(i)), "", {"content-encoding": "deflate"}),
    "deflate declared as gzip": lambda i: Message(zlib.compress(png(i)), "", {"content-encoding": "gzip"}),
    "a numpy file": lambda i: Message(_padded(_npy(i)), RAW),
    "PGM": lambda i: Message(_padded(_saved(i, "PPM")), RAW),
    "JPEG 2000": lambda i: Message(_padded(_saved(i, "JPEG2000")), RAW),
    "PNG sent as JPEG": lambda i: Message(png(i), "image/jpeg"),
    "16 bits of 0..255": lambda i: Message(_saved(i.astype(np.uint16), "PNG"), "image/png"),
    "32 bits of 0..255": lambda i: Message(_saved(i.astype(np.int32), "TIFF"), "image/tiff"),
    "floats in a file": lambda i: Message(_saved((i / 255).astype(np.float32), "TIFF"), "image/tiff"),
    "inverted": lambda i: Message((255 - i).tobytes(), RAW),
    "a grey page": lambda i: Message(np.rint(115 - i * (90 / 255)).astype(np.uint8).tobytes(), RAW),
    "0 and 1": lambda i: of_json({"x": (i > 127).astype(int).tolist()}),
    "0.0 and 1.0": lambda i: of_json({"instances": [(i > 127).astype(float).tolist()]}),
    "a little over 1": lambda i: of_json({"x": (i / 250.0).round(4).tolist()}),
    "standardised": lambda i: of_json({"x": ((i / 255 - 0.1307) / 0.3081).tolist()}),
    "FP32 of 0..255": lambda i: of_json({"inputs": [tensor(i[None], datatype="FP32")]}),
    "INT64": lambda i: of_json({"inputs": [tensor(i[None], datatype="INT64")]}),
    "UINT8 of fractions": lambda i: of_json({"inputs": [tensor(i[None], data=_unit(i))]}),
    "channels last": lambda i: of_json({"inputs": [tensor(i[None], shape=[-1, 28, 28, 1])]}),
    "binary without its header": lambda i: Message(
        _padded(of_json({"inputs": [tensor(i[None], data=None, parameters={"binary_data_size": 784})]}).body)
        + i.tobytes(),
        RAW,
    ),
    "raw binary": lambda i: Message(i.tobytes(), RAW, {HEADER: "0"}),
    "columns": lambda i: of_json({"inputs": {"x": [i.tolist()]}}),
    "an instance by name": lambda i: of_json({"instances": [{"data": b64(png(i)), "target": 0}]}),
    "ToTensor": lambda i: of_json({"instances": [[(i / 255).tolist()]]}),
    "16-bit floats": lambda i: Message((i / 255).astype("<f2").tobytes(), RAW),
    "32-bit floats": lambda i: Message((i / 255).astype("<f4").tobytes(), RAW),
    "32-bit floats, big-endian": lambda i: Message((i / 255).astype(">f4").tobytes(), ""),
    "64-bit floats": lambda i: Message(i.astype("<f8").tobytes(), ""),
    "standardised floats": lambda i: Message(((i / 255 - 0.1307) / 0.3081).astype("<f4").tobytes(), RAW),
    "16-bit numbers": lambda i: Message(i.astype("<u2").tobytes(), RAW),
    "32-bit numbers": lambda i: Message(i.astype(">i4").tobytes(), RAW),
    "64-bit numbers": lambda i: Message(i.astype("<i8").tobytes(), FORM),
    "floats as raw binary": lambda i: Message((i / 255).astype("<f4").tobytes(), RAW, {HEADER: "0"}),
    "RGB": lambda i: Message(np.repeat(i.ravel(), 3).tobytes(), RAW),
    "RGBA": lambda i: Message(np.dstack([i, i, i, np.full_like(i, 255)]).tobytes(), RAW),
    "zlib": lambda i: Message(_padded(zlib.compress(png(i))), RAW),
    "an IDX file": lambda i: Message(_padded(bytes.fromhex("00000803000000010000001c0000001c") + i.tobytes()), RAW),
    "JSON in UTF-16 without a mark": lambda i: Message(
        _padded(json.dumps({"x": i.tolist()}).encode("utf-16-be"), b"\0"), RAW
    ),
    "a form without its type": lambda i: Message(
        _padded(b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\n' + png(i) + b"\r\n--b--"), RAW
    ),
    "a form with line feeds": lambda i: Message(
        b'--b\nContent-Disposition: form-data; name="data"\n\n' + png(i) + b"\n--b--\n",
        "multipart/form-data; boundary=b",
    ),
    "a form's base64": lambda i: form(
        ('Content-Disposition: form-data; name="data"\r\nContent-Transfer-Encoding: base64', base64.encodebytes(png(i)))
    ),
}


def test_there_are_30_ways() -> None:
    assert len(WAYS) >= 30


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=5, deadline=None)
@given(index=st.integers(0, 9999))
def test_no_answer_is_silently_wrong(name: str, mnist: Dataset, trained: Classifier, index: int) -> None:
    image = mnist.test.images[index]
    expected = trained.predict(image[None])
    if not expected.accepted[0]:
        return
    try:
        request = decode(WAYS[name](image)).normalised(SPEC.preprocessing)
    except (BadRequest, TooLarge, UnsupportedMedia):
        return
    predictions = trained.predict(request.rows)
    assert len(predictions.classes) == 1
    assert predictions.classes[0] == expected.classes[0] or request.treatments[0].steps
