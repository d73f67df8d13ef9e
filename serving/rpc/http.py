"""HTTP/1.1 between the gateway and this process. The gateway has checked the lengths and chunks of messages."""

from collections.abc import Mapping
from typing import NamedTuple, NoReturn

_END = b"\r\n\r\n"
_MOST_HEAD_BYTES = 65536
_MOST_DROPPED = 1 << 26  # most bytes to read and drop; a longer message closes the connection

Headers = Mapping[str, str]  # by name in lower case


class HTTPError(Exception):
    """Error about bytes that are no valid message of the gateway."""


class TooLongHTTPError(HTTPError):
    """Error about a message that was too long, and was read and dropped: another message may follow."""


class Response(NamedTuple):
    """Answer of the gateway."""

    status: int
    headers: Headers
    body: bytes


class HttpMessage(NamedTuple):
    """Request or answer: its first line, headers and body."""

    first: str
    headers: Headers
    body: bytes


class Messages:
    """Parser of messages from one direction of a connection.

    A message that is too long is read to its end and dropped, because a client reads no answer before it has sent all.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._received = bytearray()
        self._head: tuple[str, dict[str, str]] | None = None
        self._chunks: list[bytes] = []
        self._at = 0  # position of the next chunk
        self._dropped = 0  # dropped bytes of the message

    @property
    def began(self) -> bool:
        """Return whether a part of a message has arrived."""
        return bool(self._received or self._head)

    def take(self, data: bytes) -> HttpMessage | None:
        """Add bytes; return the message that they complete, or None.

        Raises HTTPError, and TooLongHTTPError at the end of a message over ``most`` bytes.
        """
        self._received += data
        if self._head is None:
            end = self._received.find(_END)
            if end < 0:
                if len(self._received) > _MOST_HEAD_BYTES:
                    raise HTTPError("the head is too long")
                return None
            self._head = _head(bytes(self._received[:end]))
            del self._received[: end + len(_END)]
        first, headers = self._head
        body = self._chunked() if "transfer-encoding" in headers else self._counted(headers)
        if body is None:
            return None
        self._head = None
        return HttpMessage(first, headers, body)

    def _counted(self, headers: Headers) -> bytes | None:
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError as error:
            raise HTTPError("the length is no number") from error
        if length > self._most:
            self._dropped += len(self._received)
            self._received.clear()
            if length > _MOST_DROPPED:
                raise HTTPError("the message is far too long")
            if self._dropped >= length:
                self._end_dropped()
            return None
        if len(self._received) < length:
            return None
        body = bytes(self._received[:length])
        del self._received[:length]
        return body

    def _chunked(self) -> bytes | None:
        """Parse the chunks that have arrived since the last call. After the last one and its trailer, return all."""
        try:
            while (end := self._received.find(b"\r\n", self._at)) >= 0:
                size = int(self._received[self._at : end], 16)
                if not size:
                    return self._joined(self._received.find(_END, end))
                after = end + 2 + size + 2
                if after > len(self._received):
                    break
                self._chunks.append(bytes(self._received[end + 2 : after - 2]))
                self._at = after
        except ValueError as error:
            raise HTTPError("the chunks cannot be read") from error
        if self._dropped or len(self._received) > self._most:
            self._dropped += self._at
            del self._received[: self._at]
            self._at, self._chunks = 0, []
        if self._dropped > _MOST_DROPPED or len(self._received) > self._most:
            raise HTTPError("the message is far too long")
        return None

    def _end_dropped(self) -> NoReturn:
        self._head, self._dropped = None, 0
        raise TooLongHTTPError("the message is too long")

    def _joined(self, end: int) -> bytes | None:
        """Return all chunks. ``end`` is the end of the trailer; below 0 it has not arrived, and the result is None."""
        if end < 0:
            return None
        body = b"".join(self._chunks)
        del self._received[: end + len(_END)]
        self._at, self._chunks = 0, []
        if self._dropped or len(body) > self._most:
            self._end_dropped()
        return body


def _head(text: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = text.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, {name.lower(): value.strip() for name, _, value in pairs}
