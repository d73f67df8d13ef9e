"""HTTP/1.1 between the gateway and this process: messages whose length or chunks the gateway has checked."""

from collections.abc import Mapping
from typing import NamedTuple, NoReturn

_END = b"\r\n\r\n"
_MOST_HEAD_BYTES = 65536
_MOST_DROPPED = 1 << 26  # bytes of a message that is too long: of more the end is not awaited

Headers = Mapping[str, str]  # by their names in lower case


class HTTPError(Exception):
    """Bytes that are no message as the gateway sends them."""


class TooLongHTTPError(HTTPError):
    """A message that was read to its end and dropped: the next one may follow."""


class Response(NamedTuple):
    """An answer of the gateway."""

    status: int
    headers: Headers
    body: bytes


class HttpMessage(NamedTuple):
    """A request or an answer: its first line, headers and body."""

    first: str
    headers: Headers
    body: bytes


class Messages:
    """Takes messages from the bytes of one direction of a connection.

    One that is too long is read to its end and dropped on the way: who is still sending reads no answer.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._received = bytearray()
        self._head: tuple[str, dict[str, str]] | None = None
        self._chunks: list[bytes] = []
        self._at = 0  # where the next chunk begins
        self._dropped = 0  # bytes of the message

    @property
    def began(self) -> bool:
        """Return whether a part of a message has arrived."""
        return bool(self._received or self._head)

    def take(self, data: bytes) -> HttpMessage | None:
        """Add bytes; return the message that they complete.

        Raises HTTPError, and TooLongHTTPError at the end of one over ``most`` bytes.
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
        """Take the chunks that have come since the last time; return all of them with the last one's trailer."""
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
        """The chunks, once the trailer has its end; below 0: not yet."""
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
