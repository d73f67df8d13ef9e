"""Minimal HTTP/2 client (RFC 9113) for attacks: one session, its streams and its windows."""

import asyncio
import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from enum import IntEnum

from resilience.attacks.attack import Victim
from resilience.attacks.connections import Connection, Field, connected, trusting

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_WINDOW = 65_535  # initial window in bytes
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_STATUS = {0x88: "200", 0x89: "204", 0x8A: "206", 0x8B: "304", 0x8C: "400", 0x8D: "404", 0x8E: "500"}  # RFC 7541, A


class Frame(IntEnum):
    DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8


class Session:
    """HTTP/2 connection. An answer is a status, "reset CODE", or "goaway CODE" after the end of the session."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._streams: dict[int, asyncio.Future[str]] = {}
        self._next = 1
        self._end = ""
        self._window = _WINDOW
        self._windows: defaultdict[int, int] = defaultdict(lambda: _WINDOW)
        self._widened = asyncio.Event()

    def open(self, fields: Iterable[Field]) -> int:
        """Send the head of a request and return the number of its stream. Raises EOFError if the session has ended."""
        if self._end:
            raise EOFError(self._end)
        stream, self._next = self._next, self._next + 2
        self._streams[stream] = asyncio.get_running_loop().create_future()
        self._send(Frame.HEADERS, _END_HEADERS, stream, b"".join(_literal(*field) for field in fields))
        return stream

    async def data(self, stream: int, content: bytes) -> None:
        """Send a part of the body of a request as soon as both windows allow it."""
        while not self._end and min(self._window, self._windows[stream]) < len(content):
            self._widened.clear()
            await self._widened.wait()
        self._window -= len(content)
        self._windows[stream] -= len(content)
        self._send(Frame.DATA, 0, stream, content)

    async def answer(self, stream: int) -> str:
        return await self._streams[stream]

    async def read(self) -> None:
        """Read frames until the session ends."""
        self._connection.writer.write(_PREFACE)
        self._send(Frame.SETTINGS, 0, 0, b"")
        try:
            while not self._end:
                await self._take()
        except (OSError, EOFError) as error:
            self._finish(type(error).__name__)

    async def _take(self) -> None:
        head = await self._connection.reader.readexactly(9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
        content = await self._connection.reader.readexactly(length)
        if kind == Frame.HEADERS:
            self._resolve(stream, _status(content))
        elif kind == Frame.RST_STREAM:
            self._resolve(stream, f"reset {int.from_bytes(content, 'big')}")
        elif kind == Frame.GOAWAY:
            self._finish(f"goaway {int.from_bytes(content[4:8], 'big')}")
        elif kind == Frame.WINDOW_UPDATE:
            self._widen(stream, int.from_bytes(content, "big"))
        elif kind in (Frame.SETTINGS, Frame.PING) and not flags & _ACK:
            self._send(Frame(kind), _ACK, 0, content if kind == Frame.PING else b"")

    def _widen(self, stream: int, by: int) -> None:
        if stream:
            self._windows[stream] += by
        else:
            self._window += by
        self._widened.set()

    def _resolve(self, stream: int, answer: str) -> None:
        future = self._streams.get(stream)
        if future and not future.done():
            future.set_result(answer)

    def _finish(self, end: str) -> None:
        self._end = end
        self._widened.set()
        for stream in self._streams:
            self._resolve(stream, end)

    def _send(self, kind: Frame, flags: int, stream: int, content: bytes) -> None:
        head = len(content).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream)
        self._connection.writer.write(head + content)


@asynccontextmanager
async def session(victim: Victim) -> AsyncIterator[Session]:
    async with connected(victim, trusting(victim.authority, "h2")) as connection:
        opened = Session(connection)
        reading = asyncio.create_task(opened.read())
        try:
            yield opened
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


def request(*fields: Field, path: str = "/predictions/digits") -> tuple[Field, ...]:
    """Return the head of a POST request. Names are in lower case."""
    return ((":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "localhost"), *fields)


def _literal(name: str, value: str) -> bytes:
    """Return a field that is never indexed, without Huffman coding (RFC 7541, 6.2.2)."""
    return b"\0" + _string(name) + _string(value)


def _string(text: str) -> bytes:
    content = text.encode()
    if len(content) < 127:
        return bytes([len(content)]) + content
    rest, size = len(content) - 127, b"\x7f"
    while rest >= 128:
        size += bytes([rest % 128 + 128])
        rest //= 128
    return size + bytes([rest]) + content


def _status(block: bytes) -> str:
    """Return the status, the first field. HAProxy writes a status that is not in _STATUS as three digits."""
    return _STATUS.get(block[0]) or block[2:5].decode("ascii", "replace")
