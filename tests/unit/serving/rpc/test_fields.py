"""Messages of too many fields are refused before they are parsed; those of honest clients are not."""

import gzip
from typing import Any

import numpy as np
import pytest
from open_inference.grpc import protocol

from serving.rpc import fields, messages, translation
from serving.rpc.errors import InvalidError, TooLongError

Request = protocol.ModelInferRequest
Tensor = Request.InferInputTensor
EMPTY, COUNT = b"\0", 1_000_000


def empties(kind: Any, name: str) -> bytes:
    """A million empty fields of one name: two bytes each."""
    return (bytes([kind.DESCRIPTOR.fields_by_name[name].number << 3 | 2]) + EMPTY) * COUNT


def with_input(**contents: Any) -> bytes:
    message: bytes = Request(model_name="digits", inputs=[Tensor(name="x", **contents)]).SerializeToString()
    return message


@pytest.mark.parametrize("name", ["inputs", "outputs", "raw_input_contents", "parameters"])
def test_a_million_fields_of_a_request_are_refused(name: str) -> None:
    with pytest.raises(InvalidError, match="the message has over 1024 fields"):
        fields.check(with_input() + empties(Request, name))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (with_input(shape=[1] * COUNT), f"shape of an input has {COUNT} bytes"),
        (with_input(contents={"bytes_contents": [b""] * COUNT}), "contents of an input has over 65536 fields"),
        (with_input(parameters={str(index): {} for index in range(2000)}), "an input has over 1024 fields"),
    ],
    ids=["shape", "bytes", "parameters"],
)
def test_a_million_fields_of_a_tensor_are_refused(message: bytes, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        fields.check(message)


def test_five_million_numbers_are_refused_before_they_are_converted() -> None:
    asked = Request.FromString(with_input(datatype="BOOL", contents={"bool_contents": [True] * 5_000_000}))
    with pytest.raises(TooLongError, match="5000000 numbers: send its data as raw_input_contents"):
        translation.request(asked)


@pytest.mark.parametrize(
    "message",
    [
        with_input(datatype="BYTES", shape=[4096], contents={"bytes_contents": [b"a file"] * 4096}),
        with_input(datatype="FP32", shape=[4, 784], contents={"fp32_contents": [0.5] * 4 * 784}),
        Request(inputs=[Tensor(shape=[1, 2**62])], raw_input_contents=[bytes(3_211_264)]).SerializeToString(),
        np.random.default_rng(0).bytes(20_000),
        b"\xff" * 20_000,
        b"\x0a" * 9_000,
    ],
    ids=["files", "numbers", "raw", "noise", "an endless number", "lengths"],
)
def test_what_honest_clients_send_passes_and_so_does_what_is_no_message(message: bytes) -> None:
    fields.check(message)


def test_a_message_that_becomes_far_longer_is_refused() -> None:
    for size in ((1 << 20) + 1, 5 << 20):
        packed = gzip.compress(bytes(size))
        with pytest.raises(TooLongError, match="over 100 times as long as it came"):
            messages.unpacked(b"\1" + len(packed).to_bytes(4, "big") + packed, "gzip")
    blank = gzip.compress(bytes(1 << 20))
    assert messages.unpacked(b"\1" + len(blank).to_bytes(4, "big") + blank, "gzip") == bytes(1 << 20)
