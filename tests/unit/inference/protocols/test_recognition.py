"""Recognition of request formats, and errors for unknown ones."""

import gzip
import json
import time

import numpy as np
import pytest

from inference.http_message import JSON, Message
from inference.protocols import Request
from inference.protocols.request import ListRequest
from inference.protocols.tensors import TensorRequest
from model import image_file
from tests import messages, recipe
from tests.messages import RAW, decode, of_json
from tests.pictures import FORMATS, digit, saved

from .checks import refusal

SEVEN = recipe.drawn(7)
X = json.dumps({"x": SEVEN[0].tolist()}).encode()


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    "content_type", ["image/png", "", RAW, JSON, "application/x-www-form-urlencoded", "text/plain"]
)
def test_image_files_are_known_by_their_bytes_whatever_their_type(format_: str, content_type: str) -> None:
    file = saved(digit(7), format_)
    request = decode(Message(file, content_type))
    assert np.array_equal(request.rows[0], image_file.read(file)[0])
    assert request.treatments[0].format == format_


@pytest.mark.parametrize(
    "content_type", [RAW, "", "APPLICATION/OCTET-STREAM; x=y", "application/x-www-form-urlencoded"]
)
def test_a_multiple_of_784_bytes_is_raw_pixels(content_type: str) -> None:
    assert decode(Message(SEVEN.tobytes(), content_type)).treatments[0].format == "raw"


@pytest.mark.parametrize("format_", ["PNG", "BMP", "TIFF"])
def test_an_image_file_as_long_as_raw_pixels_is_still_an_image_file(format_: str) -> None:
    file = saved(digit(7), format_)
    padded = file + bytes(-len(file) % 784)
    assert decode(Message(padded, RAW)).treatments[0].format == format_


@pytest.mark.parametrize("content_type", [RAW, "", JSON])
def test_json_as_long_as_raw_pixels_is_still_json(content_type: str) -> None:
    padded = X + b" " * (-len(X) % 784)
    assert np.array_equal(decode(Message(padded, content_type)).rows, SEVEN)


def test_raw_pixels_that_open_like_json_are_still_raw() -> None:
    pixels = b"{" + bytes(783)
    assert decode(Message(pixels, RAW)).treatments[0].format == "raw"


@pytest.mark.parametrize(
    "content_type",
    [JSON, "application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json", RAW, "", "text/plain"],
)
@pytest.mark.parametrize("body", [X, b"\n  " + X])
def test_json_is_known_by_its_type_or_its_brace(content_type: str, body: bytes) -> None:
    assert np.array_equal(decode(Message(body, content_type)).rows, SEVEN)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"x": SEVEN[0].tolist()}, Request),
        ({"instances": SEVEN.tolist()}, ListRequest),
        ({"inputs": [messages.tensor(SEVEN)]}, TensorRequest),
    ],
)
def test_json_is_told_apart_by_its_key(content: dict[str, object], kind: type) -> None:
    assert type(decode(of_json(content))) is kind


@pytest.mark.parametrize(("first", "kind"), [("x", Request), ("instances", ListRequest)])
def test_x_goes_before_instances_and_instances_before_inputs(first: str, kind: type) -> None:
    keys = ["x", "instances", "inputs"]
    values = {"x": SEVEN[0].tolist(), "instances": SEVEN.tolist(), "inputs": [messages.tensor(SEVEN)]}
    present = keys[keys.index(first) :]
    request = decode(of_json({key: values[key] for key in reversed(present)}))
    assert type(request) is kind


def test_the_binary_header_goes_before_everything() -> None:
    message = messages.v2_binary(SEVEN.tobytes(), {"shape": [1, 784], "datatype": "UINT8"})
    assert type(decode(message)) is TensorRequest


# name -> (message, status, type, parts of the message or the hint)
BAD: dict[str, tuple[Message, int, str, str]] = {
    "empty": (Message(b""), 400, "EmptyBody", "empty"),
    "empty JSON": (Message(b"", JSON), 400, "EmptyBody", "empty"),
    "783 bytes": (Message(bytes(783), RAW), 400, "InvalidPixels", "783 bytes"),
    "785 bytes": (Message(bytes(785), RAW), 400, "InvalidPixels", "785 bytes"),
    "783 bytes without a type": (Message(bytes(783)), 400, "InvalidPixels", "783 bytes"),
    "no image": (Message(b"hello", "image/png"), 400, "InvalidImage", "image/png"),
    "text": (Message(b"hello", "text/plain"), 415, "UnsupportedMedia", "'text/plain'"),
    "pixels as text": (Message(bytes(784), "text/plain"), 415, "UnsupportedMedia", "'text/plain'"),
    "a form of text": (Message(b"a=b", "application/x-www-form-urlencoded"), 400, "InvalidPixels", "3 bytes"),
    "a form of no parts": (Message(b"a=b", "multipart/form-data; boundary=b"), 400, "InvalidForm", "boundary"),
    "SVG": (Message(b"<svg/>", "image/svg+xml"), 415, "UnsupportedMedia", "svg+xml"),
    "br": (Message(gzip.compress(X), JSON, {"content-encoding": "br"}), 415, "UnsupportedMedia", "'br'"),
    "gzip twice": (Message(X, JSON, {"content-encoding": "gzip, gzip"}), 415, "UnsupportedMedia", "'gzip, gzip'"),
    "gzip without its header": (Message(gzip.compress(X), JSON), 400, "InvalidJSON", "a gzip file"),
    "invalid UTF-8": (Message(b'{"x": "\xff\xfe"}', JSON), 400, "InvalidJSON", "UTF-8"),
    "UTF-16": (Message(X.decode().encode("utf-16"), JSON), 400, "InvalidJSON", "UTF-16 or UTF-32 text"),
    "a byte order mark": (Message(b"\xef\xbb\xbf" + X, JSON), 400, "InvalidJSON", "byte order mark"),
    "half a JSON": (Message(X[:-9], JSON), 400, "InvalidJSON", "not valid JSON"),
    "NaN": (Message(b'{"x": [NaN]}', JSON), 400, "InvalidJSON", "char 7"),
    "Infinity": (Message(b'{"x": [Infinity]}', JSON), 400, "InvalidJSON", "char 7"),
    "1e999": (Message(b'{"x": [1e999]}', JSON), 400, "InvalidJSON", "infinity"),
    "100,000 deep": (Message(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON), 400, "InvalidJSON", "depth"),
    "a number": (Message(b"7", JSON), 400, "InvalidJSON", "not 7"),
    "null": (Message(b"null", JSON), 400, "InvalidJSON", "not null"),
    "a list": (of_json(SEVEN[0].tolist()), 400, "InvalidJSON", "list"),
    "an empty object": (of_json({}), 400, "InvalidJSON", "none"),
    "another key": (of_json({"pixels": [], "X": []}), 400, "InvalidJSON", "'pixels', 'X'"),
    "a long key": (of_json({"k" * 9999: 1}), 400, "InvalidJSON", "'" + "k" * 40 + "'"),
    "4,097 raw images": (Message(bytes(784 * 4097), RAW), 413, "TooLarge", "4,097 images"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_refused_by_name(name: str) -> None:
    message, status, kind, words = BAD[name]
    error = refusal(message)
    assert (error.status, type(error).__name__) == (status, kind)
    assert words in error.message
    assert len(error.message) < 300


def test_the_hint_names_every_way_in() -> None:
    hint = refusal(Message(b"hello", "text/plain")).hint
    assert all(way in hint for way in ("image file", "784 bytes", '"x"', '"instances"', "Open Inference Protocol"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"x": [1, NaN]}', "no NaN"),
        (b'{"instances": [[0, -Infinity, 1]]}', "no NaN"),
        (b"{'x': [1, 2]}", "double quotes"),
        (b'{"x": [1, 2], "parameters": None}', "json.dumps"),
        (b'{"x": [1, 2,]}', "comma"),
        (b'{"x": [1]}\n{"x": [2]}', "one object"),
    ],
)
def test_a_common_mistake_in_json_has_a_hint_of_its_own(text: bytes, words: str) -> None:
    assert words in refusal(Message(text, JSON)).hint


@pytest.mark.parametrize("text", [b"{" + b" " * 65_000, b'{"x": [' + b", " * 30_000, b"} " * 30_000])
def test_the_search_for_a_mistake_takes_no_longer_with_a_longer_text(text: bytes) -> None:
    began = time.process_time()
    refusal(Message(text, JSON))
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("encoding", ["identity", "Identity", "IDENTITY, identity", ""])
def test_an_encoding_that_changes_nothing_is_allowed(encoding: str) -> None:
    assert np.array_equal(decode(Message(X, JSON, {"content-encoding": encoding})).rows, SEVEN)
