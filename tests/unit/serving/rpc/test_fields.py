"""Messages with too many fields: refused before they are parsed. Those of honest clients are accepted."""

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
    """Return a million empty fields of one name, two bytes each."""
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


LONG = bytes(5000)  # long enough to be checked


@pytest.mark.parametrize(
    "message",
    [[b""] * 2048, [b"four"] * 1024],  # 4,096 bytes are not checked
    ids=["short", "fields"],
)
def test_a_message_may_have_as_many_fields_as_its_limit(message: list[bytes]) -> None:
    fields.check(Request(raw_input_contents=message).SerializeToString())
    with pytest.raises(InvalidError, match="the message has over 1024 fields"):
        fields.check(Request(raw_input_contents=[*message, b""]).SerializeToString())


@pytest.mark.parametrize(
    ("most", "over"),
    [
        ({"shape": [-1] * 32}, {"shape": [-1] * 32 + [1]}),  # 10 bytes each, and one
        (
            {"parameters": {str(index): {} for index in range(1023)}},
            {"parameters": {str(index): {} for index in range(1024)}},
        ),
        ({"contents": {"bytes_contents": [b""] * 65536}}, {"contents": {"bytes_contents": [b""] * 65537}}),
    ],
    ids=["shape", "parameters", "bytes"],
)
def test_a_tensor_may_have_as_many_fields_as_its_limit(most: dict[str, Any], over: dict[str, Any]) -> None:
    fields.check(Request(inputs=[Tensor(name="x", **most)], raw_input_contents=[LONG]).SerializeToString())
    with pytest.raises(InvalidError):
        fields.check(Request(inputs=[Tensor(name="x", **over)], raw_input_contents=[LONG]).SerializeToString())


@pytest.mark.parametrize("number", [0, 127, 128, 300, 2**14, 2**32 + 5, 2**63, 2**64 - 1])
def test_numbers_are_read_as_protobuf_writes_them(number: int) -> None:
    written = protocol.InferTensorContents(uint64_contents=[number]).SerializeToString()[2:]  # after tag and length
    assert fields._number(b"\xff" + written + b"\1", 1) == (number, 1 + len(written))


def test_fields_of_every_kind_have_a_number_and_a_place() -> None:
    content = b"\x08\x96\x01" + b"\x11" + bytes(8) + b"\x1a\x02ok" + b"\x25" + bytes(4) + b"\xa2\x06\x01!"
    read = [(field.number, content[field.start : field.end]) for field in fields._fields(content, 0, len(content))]
    assert read == [(1, b"\x96\x01"), (2, bytes(8)), (3, b"ok"), (4, bytes(4)), (100, b"!")]
    assert [field.end for field in fields._fields(b"\x1a\x7fcut", 0, 5)] == [5]
    assert [*fields._fields(b"\x0b\x0c", 0, 2)] == []  # a group is no field


def test_five_million_numbers_are_refused_before_they_are_converted() -> None:
    request = Request.FromString(with_input(datatype="BOOL", contents={"bool_contents": [True] * 5_000_000}))
    with pytest.raises(TooLongError, match="5000000 numbers: send its data as raw_input_contents"):
        translation.request(request)


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
        with pytest.raises(TooLongError, match="was compressed over 100 times"):
            messages.unpacked(b"\1" + len(packed).to_bytes(4, "big") + packed, "gzip")
    blank = gzip.compress(bytes(1 << 20))
    assert messages.unpacked(b"\1" + len(blank).to_bytes(4, "big") + blank, "gzip") == bytes(1 << 20)
