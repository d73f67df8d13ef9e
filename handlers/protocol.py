"""Worker side of TorchServe's protocol: decoding of batches of requests, and encoding of their answers.

TorchServe's reader makes a system call for every length and every string, forty to fifty for each request. This reader
cuts whole batches out of one buffer, and caches parsed headers, because most requests have the same headers. It reads
and writes the same bytes; tests/unit/handlers/test_protocol.py compares it with TorchServe's reader.

    batch    "I"  request...  -1          request    id  header... -1  parameter... -1
    header   name  value                  parameter  name  content type  value

A string is four bytes of length, big-endian, and its bytes.

The header REQUEST differs in every request. It is removed before the lookup in the cache, which would never hit
otherwise.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from handlers.connection import FrontendConnection
from inference.http_message import Answer

INFERENCE = b"I"
OK = 200
_INT = struct.Struct("!i")
_END = _INT.pack(-1)
_CHUNK = 1 << 18  # bytes: more than a full batch of single images
REQUEST = "x-request"  # time at which the gateway received a request, in microseconds since the epoch, and id for logs


class Headers(dict[str, Any]):
    """Headers of a request and content types of its parameters, in the form that TorchServe passes to a handler.

    places  positions in the bytes of the headers at which a header may begin
    """

    places: frozenset[int] = frozenset()

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Return the headers of the client, with names in lower case."""
        return {name.lower(): value for name, value in self.items() if isinstance(value, str)}


class Received(NamedTuple):
    """Request of a batch: id, parameters (an HTTP body has the name ``body``) and headers.

    stamp  value of the header REQUEST; empty without a gateway
    """

    id: bytes
    parameters: Mapping[str, bytes]
    headers: Headers
    stamp: bytes = b""


class Reader:
    """Reader of messages from the frontend. Its methods raise EOFError when the frontend has closed the connection.

    waited  called after each receive timeout of the connection, if it has one
    """

    def __init__(self, connection: FrontendConnection, waited: Callable[[], None] = lambda: None) -> None:
        self._connection = connection
        self._waited = waited
        self._data = b""
        self._at = 0  # start of the unread part of the data

    def next_is(self, command: bytes) -> bool:
        """Return True if the next message begins with ``command``, one byte."""
        self._need(1)
        return self._data.startswith(command, self._at)

    def batch(self) -> list[Received]:
        """Return the requests of an inference message."""
        self._need(len(INFERENCE))
        self._at += len(INFERENCE)
        requests: list[Received] = []
        while True:
            try:
                request = self._request()
            except _ShortError as short:
                self._need(short.count)
            except struct.error:  # a length has not arrived yet
                self._need(len(self._data) - self._at + 1)
            else:
                if request is None:
                    return requests
                requests.append(request)

    def recv(self, most: int) -> bytes:
        """Return one byte or more, for TorchServe's own reader."""
        self._need(1)
        start, self._at = self._at, min(self._at + most, len(self._data))
        return self._data[start : self._at]

    def _request(self) -> Received | None:
        """Return the next request of a batch; None at its end. Raises _ShortError or struct.error if it is incomplete.

        This is one function with local variables, because calls for each string would take 1 us per request.
        """
        data, length_at, at = self._data, _INT.unpack_from, self._at
        length = length_at(data, at)[0]
        if length < 0:
            self._at = at + 4
            return None
        name_end = at + 4 + length
        request_id = data[at + 4 : name_end]
        at = data.find(_END, name_end) + 4  # end of the headers: no string and no length contains these bytes
        if at < name_end:
            raise _ShortError(len(data) - self._at + 1)
        block = data[name_end:at]
        parameters, kinds = {}, []
        while (length := length_at(data, at)[0]) >= 0:
            kind_at = at + 4 + length
            name = data[at + 4 : kind_at]
            value_at = kind_at + 4 + length_at(data, kind_at)[0]
            kinds.append((name, data[kind_at + 4 : value_at]))
            at = value_at + 4 + length_at(data, value_at)[0]
            if at > len(data):
                raise _ShortError(at + 4 - self._at)
            parameters[_text(name)] = data[value_at + 4 : at]
        self._at = at + 4
        return Received(request_id, parameters, *_read(block, *kinds))

    def _need(self, count: int) -> None:
        """Wait until ``count`` unread bytes have arrived."""
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


class _ShortError(Exception):
    """The message is incomplete: ``count`` unread bytes are needed."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


def _read(block: bytes, *kinds: tuple[bytes, bytes]) -> tuple[Headers, bytes]:
    """Return the headers without REQUEST, and its value."""
    at = block.find(_REQUEST)
    if at < 0:
        return _headers(block, *kinds), b""
    value = at + len(_REQUEST) + 4
    end = value + _INT.unpack_from(block, value - 4)[0]
    if end >= value:  # otherwise the text is the value of the last header
        headers = _headers(block[:at] + block[end:], *kinds)
        if at in headers.places:
            return headers, block[value:end]
    headers = _headers(block, *kinds)  # the text is inside the value of another header
    return headers, headers.get(REQUEST, "").encode()


@lru_cache(maxsize=1024)
def _headers(block: bytes, *kinds: tuple[bytes, bytes]) -> Headers:
    """Return the headers in ``block``, and the content types ``kinds`` (name, type) of the parameters."""
    headers = Headers({_text(name): {"content-type": _text(kind)} for name, kind in kinds})
    at, places = 0, []
    while (length := _INT.unpack_from(block, at)[0]) >= 0:
        places.append(at)
        value = at + 4 + length
        end = value + 4 + _INT.unpack_from(block, value)[0]
        headers[_text(block[at + 4 : value])] = _text(block[value + 4 : end])
        at = end
    headers.places = frozenset([*places, at])
    return headers


def _text(content: bytes) -> str:
    return content.decode(errors="replace")  # an invalid header of one client must not fail the batch


def encode(requests: Iterable[Received], answers: Iterable[Answer]) -> bytes:
    """Return the message that answers a batch: the id of each request with its answer."""
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


_REQUEST = _packed(REQUEST)
_SUCCESS = _INT.pack(OK) + _packed("Prediction success")
