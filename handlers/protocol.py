"""The worker's side of TorchServe's protocol: batches of requests in, their answers out.

TorchServe's own reader asks the kernel for every length and every string, forty to fifty calls a request. This one
cuts whole batches out of one buffer, and remembers what headers say, for most requests come with the same ones. What it
reads and writes is the same, byte for byte; tests/unit/handlers/test_protocol.py
holds it against TorchServe's.

    batch    "I"  request...  -1          request    id  header... -1  parameter... -1
    header   name  value                  parameter  name  content type  value

Strings are four bytes of length, big-endian, and their bytes.

Two headers differ in every request: when the gateway got it, and what it is called in logs. They are taken out before
the others are looked up, or nothing would ever be remembered.
"""

import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from inference.messages import Answer

INFERENCE = b"I"
OK = 200
_INT = struct.Struct("!i")
_END = _INT.pack(-1)
_CHUNK = 1 << 18  # bytes: more than a full batch of single images
_PREFIX = b"x-request-"
START = "x-request-start"  # microseconds since the epoch
TRACE = "x-request-id"


class Headers(dict[str, Any]):
    """A request's headers, and for each parameter its content type, as TorchServe gives them to a handler.

    places  where in their bytes a header may begin; -1 stands for nowhere
    """

    places: frozenset[int] = frozenset()

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The client's headers, their names in lower case."""
        return {name.lower(): value for name, value in self.items() if isinstance(value, str)}


class Received(NamedTuple):
    """One request of a batch: its id, its parameters (an HTTP body is called ``body``) and its headers.

    start  what x-request-start says: when the gateway got it, in microseconds since the epoch; empty without a gateway
    trace  what x-request-id says: its name in all logs
    """

    id: bytes
    parameters: Mapping[str, bytes]
    headers: Headers
    start: bytes = b""
    trace: bytes = b""


class Reader:
    """Reads what the frontend sends on a connection. Its methods raise EOFError when the frontend has closed it.

    ``waited`` is called whenever the connection's receive timeout has passed, if it has one.
    """

    def __init__(self, connection: socket.socket, waited: Callable[[], None] = lambda: None) -> None:
        self._connection = connection
        self._waited = waited
        self._data = b""
        self._at = 0  # where the unread part of the data begins

    def next_is(self, command: bytes) -> bool:
        """Return whether the next message is of this kind: its first byte."""
        self._need(1)
        return self._data.startswith(command, self._at)

    def batch(self) -> list[Received]:
        """The requests of an inference message."""
        self._take(len(INFERENCE))
        requests = []
        while not self._ends():
            requests.append(self._request(self._string()))
        return requests

    def recv(self, most: int) -> bytes:
        """One byte or more of what comes next: for TorchServe's own reader, when it reads in this one's place."""
        self._need(1)
        return self._take(min(most, len(self._data) - self._at))

    def _request(self, request_id: bytes) -> Received:
        block = self._headers()
        parameters, kinds = {}, []
        while not self._ends():
            name, kind = self._string(), self._string()
            parameters[_text(name)] = self._string()
            kinds.append((name, kind))
        return Received(request_id, parameters, *_read(block, *kinds))

    def _headers(self) -> bytes:
        """The bytes of a request's headers, with the -1 that ends them: no string and no length has such bytes."""
        searched = 0
        while (end := self._data.find(_END, self._at + searched)) < 0:
            searched = max(0, len(self._data) - self._at - len(_END) + 1)
            self._need(len(self._data) - self._at + 1)
        return self._take(end + len(_END) - self._at)

    def _ends(self) -> bool:
        """Return True if a list ends here, and take its -1."""
        if len(self._data) - self._at < len(_END):
            self._need(len(_END))
        ends = self._data.startswith(_END, self._at)
        if ends:
            self._at += len(_END)
        return ends

    def _string(self) -> bytes:
        start = self._at + _INT.size
        if len(self._data) < start:
            self._need(_INT.size)
            start = self._at + _INT.size
        end = start + _INT.unpack_from(self._data, start - _INT.size)[0]
        if len(self._data) < end:
            self._need(end - self._at)  # moves what is unread to the start of the data
            start, end = self._at + _INT.size, self._at + end - start + _INT.size
        self._at = end
        return self._data[start:end]

    def _take(self, count: int) -> bytes:
        self._need(count)
        start, self._at = self._at, self._at + count
        return self._data[start : self._at]

    def _need(self, count: int) -> None:
        missing = count - (len(self._data) - self._at)
        if missing <= 0:
            return
        chunks = [self._data[self._at :]]
        while missing > 0:
            try:
                chunk = self._connection.recv(_CHUNK)
            except BlockingIOError:
                self._waited()
                continue
            if not chunk:
                raise EOFError
            chunks.append(chunk)
            missing -= len(chunk)
        self._data, self._at = b"".join(chunks), 0


def _read(block: bytes, *kinds: tuple[bytes, bytes]) -> tuple[Headers, bytes, bytes]:
    """The headers but START and TRACE, and what these two say."""
    if _PREFIX not in block:
        return _headers(block, *kinds), b"", b""
    rest, start_at, start = _cut(block, _START)
    length = len(rest)
    rest, trace_at, trace = _cut(rest, _TRACE)
    apart = True
    if start_at > trace_at:
        start_at -= length - len(rest)
        apart = start_at >= trace_at  # or the first cut went through what the second took out
    headers = _headers(rest, *kinds)
    if apart and start_at in headers.places and trace_at in headers.places:
        return headers, start, trace
    headers = _headers(block, *kinds)  # one of the names stands where another header's value does
    return headers, headers.get(START, "").encode(), headers.get(TRACE, "").encode()


def _cut(block: bytes, name: bytes) -> tuple[bytes, int, bytes]:
    """The bytes of headers without the one of this name, where it was, or -1, and its value."""
    at = block.find(name)
    if at < 0:
        return block, at, b""
    value = at + len(name) + 4
    length = int.from_bytes(block[value - 4 : value], "big", signed=True)
    if length < 0:  # it is the last header's value
        return block, -1, b""
    end = value + length
    return block[:at] + block[end:], at, block[value:end]


@lru_cache(maxsize=1024)
def _headers(block: bytes, *kinds: tuple[bytes, bytes]) -> Headers:
    """Return a request's headers, and the content types (name, type) of its parameters."""
    headers = Headers({_text(name): {"content-type": _text(kind)} for name, kind in kinds})
    at, places = 0, [-1]
    while (length := _INT.unpack_from(block, at)[0]) >= 0:
        places.append(at)
        value = at + 4 + length
        end = value + 4 + _INT.unpack_from(block, value)[0]
        headers[_text(block[at + 4 : value])] = _text(block[value + 4 : end])
        at = end
    headers.places = frozenset([*places, at])
    return headers


def _text(content: bytes) -> str:
    return content.decode(errors="replace")  # rather than fail the batch for one client's header


def encode(requests: Iterable[Received], answers: Iterable[Answer]) -> bytes:
    """The message that answers a batch: each request's id with its answer."""
    parts = [_SUCCESS]
    for request, answer in zip(requests, answers, strict=True):
        head = _head(answer.content_type, answer.status, answer.phrase) if not answer.headers else _full_head(answer)
        parts += (_INT.pack(len(request.id)), request.id, head, _INT.pack(len(answer.body)), answer.body)
    parts.append(_END)
    return b"".join(parts)


@lru_cache(maxsize=64)
def _head(content_type: str, status: int, phrase: str) -> bytes:
    return _full_head(Answer(b"", content_type, status, phrase))


def _full_head(answer: Answer) -> bytes:
    phrase = answer.phrase if answer.status != OK else ""  # TorchServe's default
    headers = {"content-type": answer.content_type, **answer.headers}
    strings = [text for header in headers.items() for text in header]
    count = _INT.pack(len(headers))
    return b"".join(
        [_packed(answer.content_type), _INT.pack(answer.status), _packed(phrase), count, *map(_packed, strings)]
    )


def _packed(text: str) -> bytes:
    content = text.encode()
    return _INT.pack(len(content)) + content


_START, _TRACE = _packed(START), _packed(TRACE)
_SUCCESS = _INT.pack(OK) + _packed("Prediction success")
