"""Frames of gRPC: compressed or not, and answers as HTTP."""

import os
import zlib

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.wrappers_pb2 import StringValue

from serving.rpc import messages
from serving.rpc.errors import Code, InvalidError, TooLongError, UnimplementedError


def framed(content: bytes, compressed: int = 0) -> bytes:
    return bytes([compressed]) + len(content).to_bytes(4, "big") + content


def stored(size: int) -> bytes:
    """Return noise in zlib's format."""
    return framed(zlib.compress(os.urandom(size), 0), 1)


def test_a_frame_may_be_empty() -> None:
    assert messages.unpacked(bytes(5), "identity") == b""
    for short in (b"", bytes(4), framed(b"ab")[:-1]):
        with pytest.raises(InvalidError, match="not one message"):
            messages.unpacked(short, "identity")


def test_a_message_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert len(messages.unpacked(stored(messages.MOST_BYTES), "deflate")) == messages.MOST_BYTES
    with pytest.raises(TooLongError, match=f"over {messages.MOST_BYTES} bytes"):
        messages.unpacked(stored(messages.MOST_BYTES + 1), "deflate")


def test_the_ratio_counts_from_a_mebibyte_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_LARGE", 10)
    packed = framed(zlib.compress(bytes(5000)), 1)
    monkeypatch.setattr(messages, "_MOST_RATIO", -(-5000 // len(packed)))
    assert messages.unpacked(packed, "deflate") == bytes(5000)
    monkeypatch.setattr(messages, "_MOST_RATIO", 5000 // len(packed))
    with pytest.raises(TooLongError, match="was compressed over"):
        messages.unpacked(packed, "deflate")


def test_an_unknown_encoding_and_a_cut_message_are_named() -> None:
    with pytest.raises(UnimplementedError, match="unsupported encoding 'snappy': send identity, gzip or deflate"):
        messages.unpacked(framed(b"x", 1), "snappy")
    with pytest.raises(InvalidError, match="the deflate data of the message is incomplete"):
        messages.unpacked(framed(zlib.compress(bytes(100))[:-5], 1), "deflate")


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [("", None), ("2H", 7200), ("3M", 180), ("10S", 10), ("500m", 0.5), ("7u", 7e-6), ("20n", 2e-8)],
)
def test_a_timeout_has_a_unit(timeout: str, seconds: float | None) -> None:
    assert messages.seconds(timeout) == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("timeout", ["5", "S", "-1S", "1.5S", "5s"])
def test_a_timeout_that_has_none_is_refused(timeout: str) -> None:
    with pytest.raises(InvalidError, match="send a number and a unit, such as 500m"):
        messages.seconds(timeout)


def test_answers_are_http() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\n"
    end = b"\r\n0\r\ngrpc-status: 0\r\n\r\n"
    assert messages.success(Empty()) == head + b"transfer-encoding: chunked\r\n\r\n5\r\n" + bytes(5) + end
    text = StringValue(value="x" * 300).SerializeToString()
    assert messages.success(StringValue(value="x" * 300)).endswith(b"\r\n134\r\n\0\0\0\x01\x2f" + text + end)
    assert messages.failure(Code.NOT_FOUND, "100 % ü", {"retry-after": "1"}) == (
        head + b"retry-after: 1\r\ngrpc-status: 5\r\ngrpc-message: 100 %25 %C3%BC\r\ncontent-length: 0\r\n\r\n"
    )
