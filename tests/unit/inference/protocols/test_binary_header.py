"""The header Inference-Header-Content-Length: wrong, missing, or 0."""

import numpy as np
import pytest

from inference.http_message import Message
from inference.protocols.tensors import TensorRequest
from tests import recipe
from tests.messages import RAW, decode, png, v2_binary

from .checks import refusal

IMAGES = recipe.drawn(7, 1)
PNG = png(IMAGES[0])
UINT8 = {"shape": [1, 784], "datatype": "UINT8"}


@pytest.mark.parametrize(
    ("length", "words"),
    [
        ("99999", "is 99999, but the body has"),
        ("9" * 400, "the body has"),
        ("9" * 5000, "the body has"),  # more digits than int() takes
        ("-1", "'-1', not a number of bytes"),
        ("", "'', not a number of bytes"),
        ("abc", "'abc', not a number of bytes"),
        ("1.5", "'1.5', not a number of bytes"),
        ("²", "'²', not a number of bytes"),  # a digit for str.isdigit, but not for int
        (" 5", "' 5', not a number of bytes"),
    ],
)
def test_a_binary_header_that_lies_is_refused_by_name(length: str, words: str) -> None:
    error = refusal(v2_binary(bytes(784), UINT8, length=length))
    assert (error.status, type(error).__name__) == (400, "InvalidTensor")
    assert "Inference-Header-Content-Length" in error.message
    assert words in error.message


def test_a_binary_header_that_cuts_the_json_is_refused() -> None:
    error = refusal(v2_binary(bytes(784), UINT8, length="5"))
    assert (error.status, type(error).__name__) == (400, "InvalidTensor")
    assert "the first 5 bytes are not valid JSON" in error.message


def test_a_binary_header_of_0_stands_before_the_data_alone() -> None:
    """This is Triton's raw binary request."""
    headers = {"inference-header-content-length": "0"}
    assert np.array_equal(decode(Message(IMAGES.tobytes(), RAW, headers)).rows, IMAGES)
    assert type(decode(Message(PNG, RAW, headers))) is TensorRequest
    error = refusal(Message(bytes(785), RAW, headers))
    assert "Inference-Header-Content-Length is 0" in error.message


@pytest.mark.parametrize("padding", [0, 1])
def test_binary_data_without_the_header_is_refused_by_its_name(padding: int) -> None:
    message = v2_binary(IMAGES[:1].tobytes(), UINT8)
    body = message.body + bytes((-len(message.body) + padding) % 784)
    error = refusal(Message(body, RAW))
    assert "Inference-Header-Content-Length" in error.message


@pytest.mark.parametrize("content", [b"[]", b"7", b'{"x": []}'])
def test_the_binary_header_wants_a_v2_request(content: bytes) -> None:
    error = refusal(Message(content, headers={"inference-header-content-length": str(len(content))}))
    assert (type(error).__name__, error.message) == ("InvalidTensor", "the JSON has no key inputs")
