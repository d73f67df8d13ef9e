"""Requests to the gateway on connections that stay open."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from serving.rpc.errors import CallError, Code
from serving.rpc.http import HTTPError, Messages, Response

_MOST_BYTES = 64 << 20  # most bytes of an answer


class UpstreamError(CallError):
    """Error about a gateway that cannot be reached, or that stopped during a request."""

    code = Code.UNAVAILABLE


class Upstream:
    """Client of the HTTP server at a socket. It keeps as many connections open as it has used at once."""

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._idle: list[_UpstreamConnection] = []

    async def post(self, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> Response:
        """Send a request that may be repeated, and return its answer. Raises UpstreamError."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
        return await self._request(head.encode("latin-1") + body)

    async def get(self, path: str) -> Response:
        """Send a GET, and return its answer. Raises UpstreamError."""
        return await self._request(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())

    async def close(self) -> None:
        """Close the idle connections."""
        for connection in self._idle:
            connection.close()
        await asyncio.sleep(0)  # lets the event loop close them

    async def _request(self, content: bytes) -> Response:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                try:
                    return await self._ask(connection, content)
                except UpstreamError:
                    if connection.answers:
                        raise
                    break  # the gateway closed it while it was idle
        return await self._ask(await self._connection(), content)

    async def _ask(self, connection: "_UpstreamConnection", content: bytes) -> Response:
        try:
            response = await connection.request(content)
        except asyncio.CancelledError:
            connection.close()
            raise
        if connection.is_open:
            self._idle.append(connection)
        return response

    async def _connection(self) -> "_UpstreamConnection":
        try:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_unix_connection(_UpstreamConnection, self._path)
        except OSError as error:
            raise UpstreamError("the gateway cannot be reached: try again") from error
        return connection


class _UpstreamConnection(asyncio.Protocol):
    """Connection with at most one open request."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._messages = Messages(_MOST_BYTES)

    @property
    def answers(self) -> bool:
        """Return whether a part of an answer has arrived."""
        return self._messages.began

    async def request(self, content: bytes) -> Response:
        """Send a request and return its answer. Raises UpstreamError if the connection ends before that."""
        assert self._transport
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(content)
        return await self._answer

    def close(self) -> None:
        self.is_open = False
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.is_open = transport, True

    def data_received(self, data: bytes) -> None:
        try:
            message = self._messages.take(data)
            status = int(message.first.split(" ", 2)[1]) if message else 0
        except (HTTPError, ValueError, IndexError):
            self._fail("the gateway's answer cannot be read")
            return
        if message and self._answer and not self._answer.done():
            if message.headers.get("connection") == "close":
                self.close()
            self._answer.set_result(Response(status, message.headers, message.body))

    def eof_received(self) -> None:
        self.is_open = False

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("the gateway closed the connection")

    def _fail(self, reason: str) -> None:
        self.close()
        if self._answer and not self._answer.done():
            self._answer.set_exception(UpstreamError(f"{reason}: try again"))
