"""Bad input: its sender gets a clear 4xx answer, and other clients are not affected."""

import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest

from tests.pictures import png

from .conftest import Client
from .test_dialects import image_file

JSON = "application/json"
RAW = "application/octet-stream"
PIXELS = [0] * 784


def x(*tail: Any) -> bytes:
    """Return a request of 784 numbers that ends in these values."""
    return json.dumps({"x": PIXELS[: 784 - len(tail)] + list(tail)}).encode()


def v2(**fields: Any) -> bytes:
    tensor = {"name": "p", "shape": [1, 784], "datatype": "UINT8", "data": PIXELS} | fields
    return json.dumps({"inputs": [{key: value for key, value in tensor.items() if value is not None}]}).encode()


def huge_png(side: int) -> bytes:
    """Return a PNG of a few hundred bytes whose header states side x side pixels."""
    return png(side, side, 8, 0, b"\0")


SEVEN_ISH = np.pad(np.full((20, 4), 255, np.uint8), ((4, 4), (12, 12))).tobytes()
FORM = b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nx\r\n--b--\r\n'
PNG = image_file(SEVEN_ISH, "PNG")
JPEG = image_file(SEVEN_ISH, "JPEG")

# name -> (body, content type, status, type, a word of the message)
BAD: dict[str, tuple[bytes, str, int, str, str]] = {
    "empty body": (b"", RAW, 400, "EmptyBody", "empty"),
    "random bytes": (bytes(range(256)) * 5, RAW, 400, "InvalidPixels", "1280 bytes"),
    "truncated PNG": (PNG[:60], "image/png", 400, "InvalidImage", "decoded"),
    "truncated JPEG": (JPEG[: len(JPEG) // 2], "image/jpeg", 400, "InvalidImage", "decoded"),
    "PNG of 30,000 x 30,000": (huge_png(30_000), "image/png", 413, "TooLarge", "too large"),
    "PNG of 5,000 x 5,000": (huge_png(5_000), "image/png", 413, "TooLarge", "5000x5000"),
    "783 bytes": (bytes(783), RAW, 400, "InvalidPixels", "783 bytes"),
    "785 bytes": (bytes(785), RAW, 400, "InvalidPixels", "785 bytes"),
    "x of 783": (json.dumps({"x": PIXELS[1:]}).encode(), JSON, 400, "InvalidPixels", "783"),
    "ragged rows": (json.dumps({"x": [[0] * 28] * 27 + [[0] * 27]}).encode(), JSON, 400, "InvalidPixels", "x[27]"),
    "a string": (x("7"), JSON, 400, "InvalidPixels", '"7"'),
    "NaN": (x().replace(b"0]", b"NaN]"), JSON, 400, "InvalidJSON", "JSON"),
    "1e999": (x().replace(b"0]", b"1e999]"), JSON, 400, "InvalidJSON", "infinity"),
    "-1": (x(-1), JSON, 400, "InvalidPixels", "-1"),
    "256": (x(256), JSON, 400, "InvalidPixels", "256"),
    "true": (x(True), JSON, 400, "InvalidPixels", "true"),
    "null": (x(None), JSON, 400, "InvalidPixels", "null"),
    "100,000 deep": (b'{"x":' + b"[" * 100_000, JSON, 400, "InvalidJSON", "depth"),
    "100,000 instances": (b'{"instances":[' + b"[],".join([b""] * 100_000) + b"[]]}", JSON, 413, "TooLarge", "100,000"),
    "4,097 raw images": (bytes(784 * 4097), RAW, 413, "TooLarge", "4,097"),
    "v2 wrong shape": (v2(shape=[1, 783]), JSON, 400, "InvalidTensor", "783"),
    "v2 wrong datatype": (v2(datatype="BOOL"), JSON, 400, "InvalidTensor", "BOOL"),
    "v2 missing data": (v2(data=None), JSON, 400, "InvalidTensor", "no data"),
    "v2 too little data": (v2(data=[0]), JSON, 400, "InvalidTensor", "1 elements"),
    "unknown content type": (b"hello", "text/plain", 415, "UnsupportedMedia", "text/plain"),
    "SVG": (b"<svg/>", "image/svg+xml", 415, "UnsupportedMedia", "image/svg+xml"),
    "a form without its end": (b"--b\r\n\r\n", "multipart/form-data; boundary=b", 400, "InvalidForm", "boundary"),
    "a form without data": (FORM, "multipart/form-data; boundary=b", 400, "InvalidForm", "data"),
    "a form without a boundary": (b"--b", "multipart/form-data", 400, "InvalidForm", "boundary"),
    "a urlencoded form": (b"a=%zz&x=1", "application/x-www-form-urlencoded", 400, "InvalidPixels", "9 bytes"),
    "invalid UTF-8": (b'{"x": "\xff\xfe"}', JSON, 400, "InvalidJSON", "JSON"),
    "a JSON array": (b"[1]", JSON, 400, "InvalidJSON", "object"),
    "no known key": (b'{"pixels": []}', JSON, 400, "InvalidJSON", "pixels"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_and_costs_its_neighbours_nothing(digits: Client, seven: bytes, case: str) -> None:
    body, content_type, status, kind, word = BAD[case]
    workers = digits.workers()
    expected = digits.predict(seven).json()["digit"]
    with ThreadPoolExecutor(16) as pool:  # batches of good and bad requests, mixed
        good = [pool.submit(digits.predict, seven) for _ in range(24)]
        bad = [pool.submit(digits.predict, body, content_type) for _ in range(8)]
    for answer in (future.result() for future in bad):
        assert answer.status_code == status
        assert answer.headers["content-type"] == JSON
        assert answer.json().keys() == {"code", "type", "message", "hint"}
        assert (answer.json()["code"], answer.json()["type"]) == (status, kind)
        assert word in answer.json()["message"]
        assert answer.json()["hint"]
    assert [future.result().json()["digit"] for future in good] == [expected] * 24
    assert digits.workers() == workers


@pytest.mark.parametrize("length", ["99999999", "-1", "abc", "9" * 400])
def test_binary_header_that_lies(digits: Client, length: str) -> None:
    response = digits.predict(b'{"inputs":[]}', RAW, Inference_Header_Content_Length=length)
    assert (response.status_code, response.json()["type"]) == (400, "InvalidTensor")
    assert "Inference-Header-Content-Length" in response.json()["message"]


@pytest.mark.parametrize("name", ["describe", "explain", "Describe", "Explain", "body", "data", "url_path"])
def test_headers_that_torchserve_uses_itself_change_nothing(digits: Client, seven: bytes, name: str) -> None:
    response = digits.predict(seven, **{name: "True"})
    assert response.json() == digits.predict(seven).json()


def test_a_body_in_a_compression_of_another_kind_is_refused_by_name(digits: Client, seven: bytes) -> None:
    response = digits.predict(zlib.compress(seven), RAW, Content_Encoding="br")
    assert response.status_code == 415
    assert "br" in response.json()["message"]


def test_a_body_over_the_limit_is_413(digits: Client) -> None:
    assert digits.predict(bytes(11 * 1024 * 1024)).status_code == 413


def test_an_unknown_model_is_404(digits: Client, seven: bytes) -> None:
    response: httpx.Response = digits.http.post("/predictions/letters", content=seven)
    assert response.status_code == 404
    assert digits.http.post("/predictions/digits/9.9", content=seven).status_code == 404
