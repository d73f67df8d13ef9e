"""Messages of HTTP/1.1 that arrive in pieces of any size."""

import time

import pytest

from serving.rpc import http
from serving.rpc.http import HTTPError, HttpMessage, Messages, TooLongHTTPError

CHUNKED = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n4\r\n!0\r\n\r\n6\r\n0\r\n\r\nd\r\n0\r\n\r\n"
COUNTED = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_chunks_are_joined(size: int) -> None:
    messages = Messages(1000)
    results = [messages.take(CHUNKED[at : at + size]) for at in range(0, len(CHUNKED), size)]
    assert results[:-1] == [None] * (len(results) - 1)
    assert results[-1] == HttpMessage(
        "POST /a HTTP/1.1", {"transfer-encoding": "chunked", "x": "1"}, b"!0\r\n0\r\n\r\nd"
    )
    assert not messages.began


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_trailer_is_no_part_of_the_next_message(size: int) -> None:
    messages = Messages(1000)
    sent = CHUNKED.removesuffix(b"\r\n") + b"a: b\r\nc: 0\r\n\r\n"
    for _ in range(2):
        results = [messages.take(sent[at : at + size]) for at in range(0, len(sent), size)]
        assert results[-1]
        assert results[-1].body == b"!0\r\n0\r\n\r\nd"
    assert not messages.began


def test_each_chunk_is_taken_once() -> None:
    """A chunk that equals the end of the last one once made the parser read all chunks again."""
    messages, chunk = Messages(1 << 26), b"4000\r\n0" + b"0\r\n" * 0x1555 + b"\r\n"
    began = time.process_time()
    assert messages.take(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n") is None
    assert [messages.take(chunk) for _ in range(1500)] == [None] * 1500
    message = messages.take(b"0\r\n\r\n")
    assert message
    assert len(message.body) == 1500 * 0x4000
    assert time.process_time() - began < 1


def test_one_message_follows_another() -> None:
    messages = Messages(1000)
    for _ in range(2):
        assert messages.take(COUNTED[:-1]) is None
        message = messages.take(COUNTED[-1:])
        assert message
        assert message.body == b"hello"


def test_a_message_without_length_has_no_body() -> None:
    assert Messages(10).take(b"GET / HTTP/1.1\r\n\r\n") == HttpMessage("GET / HTTP/1.1", {}, b"")


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\ncontent-length: 30\r\n\r\n" + bytes(30),
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + b"5\r\nhello\r\n" * 4 + b"0\r\n\r\n",
    ],
)
def test_one_that_is_too_long_is_read_to_its_end_and_then_refused(sent: bytes, size: int) -> None:
    messages = Messages(12)
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    assert [messages.take(piece) for piece in pieces[:-1]] == [None] * (len(pieces) - 1)
    with pytest.raises(TooLongHTTPError):
        messages.take(pieces[-1])
    assert not messages.began
    assert messages.take(COUNTED)


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nf\r\n12345678901234",
        b"a" * 70000,
    ],
)
def test_what_cannot_be_read_is_an_error(data: bytes) -> None:
    with pytest.raises(HTTPError):
        Messages(10).take(data)


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    ],
)
def test_a_body_may_be_as_long_as_the_limit(sent: bytes) -> None:
    message = Messages(5).take(sent)
    assert message
    assert message.body == b"hello"
    with pytest.raises(TooLongHTTPError):
        Messages(4).take(sent)


def test_a_head_and_a_dropped_body_have_limits() -> None:
    assert Messages(10).take(b"a" * 65536) is None
    with pytest.raises(HTTPError, match="the head is too long"):
        Messages(10).take(b"a" * 65537)
    head = b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n"
    assert Messages(10).take(head % 2**26) is None
    with pytest.raises(HTTPError, match="far too long"):
        Messages(10).take(head % (2**26 + 1))


def test_chunks_have_a_limit_beyond_which_their_end_is_not_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_MOST_DROPPED", 30)
    messages, chunk = Messages(9), b"5\r\nhello\r\n"  # 10 bytes
    assert messages.take(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n") is None
    assert [messages.take(chunk) for _ in range(3)] == [None] * 3
    with pytest.raises(HTTPError, match="far too long"):
        messages.take(chunk)


def test_a_message_has_begun_once_a_byte_of_it_is_there() -> None:
    messages = Messages(10)
    began = [messages.began]
    for part in (COUNTED[:1], COUNTED[1:-5], COUNTED[-5:]):  # after the second part, only the body is missing
        messages.take(part)
        began.append(messages.began)
    assert began == [False, True, True, False]
