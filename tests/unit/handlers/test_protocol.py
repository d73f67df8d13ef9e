"""Our implementation of TorchServe's worker protocol, compared with TorchServe's on random messages."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ts.context import Context
from ts.protocol import otf_message_handler as theirs
from ts.service import Service

from handlers.protocol import INFERENCE, REQUEST, Headers, Reader, Received, encode
from inference.http_message import Answer

END = struct.pack("!i", -1)
OTHERS = ("content-type", "ts_stream_next")  # not further headers of an answer
names = st.text(min_size=1, max_size=12)
texts = st.text(max_size=40)
ascii_texts = st.text(st.characters(codec="ascii"), max_size=40)  # TorchServe counts characters, so only ASCII is right
parameters = st.dictionaries(names, st.tuples(texts, st.binary(max_size=2000)), max_size=3)
OWN = st.just(REQUEST)  # the reader removes this name; as a value it is data
headers = st.dictionaries(names | OWN, texts | OWN, max_size=6)
requests = st.tuples(st.text(max_size=36), headers, parameters)
batches = st.lists(requests, max_size=5)
answers = st.builds(
    Answer,
    body=st.binary(max_size=300),
    content_type=ascii_texts,
    status=st.sampled_from([200, 400, 413, 415, 500]),
    phrase=st.sampled_from(["Bad Request", "OK", ""]),
    headers=st.dictionaries(
        names.filter(lambda name: name not in ("content-type", "ts_stream_next")), texts, max_size=3
    ),
)


@pytest.fixture(autouse=True, scope="module")
def bodies_are_left_as_they_are() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TS_DECODE_INPUT_REQUEST", "false")
        yield


class Line:
    """The frontend's end of a connection. It sends its bytes in pieces of at most the given sizes, in turn."""

    def __init__(self, sent: bytes, sizes: list[int]) -> None:
        self._left = sent
        self._sizes = self._endless(sizes)

    @staticmethod
    def _endless(sizes: list[int]) -> Iterator[int]:
        while True:
            yield from sizes

    def recv(self, most: int) -> bytes:
        size = min(most, next(self._sizes))
        chunk, self._left = self._left[:size], self._left[size:]
        return chunk


def string(content: str | bytes) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return struct.pack("!i", len(content)) + content


def written(batch: list[Any]) -> bytes:
    """Return an inference message as the frontend writes it, as the docstring of protocol describes."""
    parts = [INFERENCE]
    for request_id, headers, fields in batch:
        parts += [string(request_id), *(string(text) for header in headers.items() for text in header), END]
        parts += [string(name) + string(kind) + string(value) for name, (kind, value) in fields.items()]
        parts.append(END)
    return b"".join([*parts, END])


def reader_of(sent: bytes, sizes: list[int]) -> Reader:
    return Reader(Line(sent, sizes))  # type: ignore[arg-type]


@example([[("", {"1": "", "0": REQUEST, REQUEST: "00000"}, {}), ("", {REQUEST: REQUEST}, {})]], [5000])
@given(st.lists(batches, min_size=1, max_size=3), st.lists(st.integers(1, 5000), min_size=1, max_size=5))
def test_what_is_read_is_what_torchserve_reads(messages: list[list[Any]], sizes: list[int]) -> None:
    sent = b"".join(map(written, messages))
    reader, line = reader_of(sent, sizes), Line(sent, sizes)
    for _ in messages:
        command, raw = theirs.retrieve_msg(line)
        assert command == INFERENCE
        processors, inputs, ids = Service.retrieve_data_for_inference(raw)
        assert reader.next_is(INFERENCE)
        batch = reader.batch()
        assert [received.id.decode() for received in batch] == list(ids.values())
        assert [received.parameters for received in batch] == inputs
        for received, known in zip(batch, processors, strict=True):
            expected = known.get_request_properties()
            expected_headers = {REQUEST: expected.get(REQUEST, "")}
            assert received.stamp.decode() == expected_headers[REQUEST]
            assert {**expected_headers, **received.headers} == {**expected_headers, **expected}


@given(st.lists(st.tuples(st.text(max_size=36), answers), max_size=5))
def test_what_is_written_is_what_torchserve_writes(replies: list[tuple[str, Answer]]) -> None:
    batch = [{"requestId": request_id.encode(), "parameters": [], "headers": []} for request_id, _ in replies]
    context = Context("digits", "", {}, 64, None, "0.12.0")
    context.request_processor, _, ids = Service.retrieve_data_for_inference(batch)
    for index, (_, answer) in enumerate(replies):
        context.set_response_content_type(index, answer.content_type)
        if answer.status != 200:
            context.set_response_status(answer.status, answer.phrase, index)
        for name, value in answer.headers.items():
            context.set_response_header(index, name, value)
    bodies = [answer.body for _, answer in replies]
    expected = theirs.create_predict_response(bodies, ids, "Prediction success", 200, context=context)
    received = [Received(request_id.encode(), {}, Headers()) for request_id, _ in replies]
    assert encode(received, [answer for _, answer in replies]) == expected


def test_headers_are_texts_in_lower_case_without_what_torchserve_adds() -> None:
    sent = written([("1", {"Content-Type": "image/png", "X-Tag": "A"}, {"body": ("image/png", b"x")})])
    reader = reader_of(sent, [100])
    assert reader.next_is(INFERENCE)
    (received,) = reader.batch()
    assert received.headers.texts == {"content-type": "image/png", "x-tag": "A"}
    assert received.headers["body"] == {"content-type": "image/png"}


def test_a_header_that_is_not_text_fails_nobody() -> None:
    message = INFERENCE + string("1") + string("x") + string(b"\xfe\x80") + END + END + END
    reader = reader_of(message, [7])
    assert reader.next_is(INFERENCE)
    (received,) = reader.batch()
    assert received.headers == {"x": "\ufffd\ufffd"}


def test_a_closed_connection_is_the_end() -> None:
    with pytest.raises(EOFError):
        reader_of(b"", [1]).next_is(INFERENCE)
    cut_short = reader_of(written([("1", {}, {})])[:-6], [3])
    assert cut_short.next_is(INFERENCE)
    with pytest.raises(EOFError):
        cut_short.batch()


def test_other_messages_can_be_read_by_torchserves_own_reader() -> None:
    reader = reader_of(written([]) + b"?", [4])
    assert reader.next_is(INFERENCE)
    assert reader.batch() == []
    assert not reader.next_is(INFERENCE)
    with pytest.raises(ValueError, match="Invalid command"):
        theirs.retrieve_msg(reader)
