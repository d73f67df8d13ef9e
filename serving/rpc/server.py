"""Server of unary gRPC calls behind the gateway, which converts HTTP/2 of clients to HTTP/1.1.

The gRPC server of grpcio takes more processor time for a call than TorchServe and the gateway for a whole request.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from serving.rpc import messages
from serving.rpc.errors import CallError, Code, DeadlineError, TooLongError, UnimplementedError
from serving.rpc.http import Headers, HTTPError, HttpMessage, Messages, TooLongHTTPError

logger = logging.getLogger(__name__)


class Call(NamedTuple):
    """Functions of a call: one parses its request, one answers it."""

    read: Callable[[bytes], Any]
    answer: Callable[[Any, Headers], Awaitable[Any]]


class RpcServer:
    """Server of calls at a socket.

    calls  path -> call
    """

    def __init__(self, calls: Mapping[str, Call]) -> None:
        self._calls = calls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[_CallConnection] = set()

    async def start(self, path: str) -> None:
        self._server = await asyncio.get_running_loop().create_unix_server(lambda: _CallConnection(self), path)

    async def stop(self, seconds: float) -> None:
        """Accept no new connections, finish the accepted calls within ``seconds``, and close all connections."""
        if self._server:
            self._server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)  # lets the event loop close them

    async def answer(self, message: HttpMessage) -> bytes:
        """Return the answer to an HTTP request: always a 200, with a gRPC status."""
        try:
            return messages.success(await self._answer(message))
        except CallError as error:
            return messages.failure(error.code, str(error), error.trailer)
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("%s failed", message.first)
            return messages.failure(
                Code.INTERNAL, "internal error of the service: try again; if it persists, tell the operator", {}
            )

    async def _answer(self, message: HttpMessage) -> Any:
        path, headers = message.first.split(" ")[1], message.headers
        call = self._calls.get(path)
        if call is None:
            raise UnimplementedError(
                f"unknown method {path[:100]}: call {', '.join(name.rpartition('/')[2] for name in self._calls)}"
            )
        request = call.read(messages.unpacked(message.body, headers.get("grpc-encoding", "identity")))
        seconds = messages.seconds(headers.get("grpc-timeout", ""))
        if seconds is None:
            return await call.answer(request, headers)
        try:
            async with asyncio.timeout(seconds):
                return await call.answer(request, headers)
        except TimeoutError:
            raise DeadlineError(f"the deadline of {seconds:g} s was exceeded") from None


class _CallConnection(asyncio.Protocol):
    """Connection from the gateway, with one request at a time. If it closes, its request is cancelled."""

    def __init__(self, server: RpcServer) -> None:
        self._server = server
        self._messages = Messages(messages.MOST_BYTES)
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._server._connections.discard(self)
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            message = self._messages.take(data)
        except HTTPError as error:
            refusal = TooLongError(f"{error}: send at most {messages.MOST_BYTES >> 20} MiB per request")
            self._write(messages.failure(refusal.code, str(refusal), {}))
            if not isinstance(error, TooLongHTTPError):
                self.close()
            return
        if message:
            self._task = asyncio.get_running_loop().create_task(self._respond(message))
            self._server._tasks.add(self._task)
            self._task.add_done_callback(self._server._tasks.discard)

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    async def _respond(self, message: HttpMessage) -> None:
        with suppress(asyncio.CancelledError):
            self._write(await self._server.answer(message))

    def _write(self, content: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(content)
