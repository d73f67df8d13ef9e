"""TLS connections from the address of the attacker, and HTTP/1.1 over them."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from resilience.attacks.attack import Victim

_HOST = "127.0.0.1"
_NAME = "localhost"
_CONNECT_SECONDS = 10.0
_BLOCK = 64 << 10  # bytes written at once
_HEAD = 64 << 10  # most bytes of the head of an answer

Field = tuple[str, str]


class Connection(NamedTuple):
    """One connection. Its methods raise OSError or EOFError if the gateway closes it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> str:
        """Send a request and return the status of its answer. The answer may arrive before the request is sent."""
        if len(request) <= _BLOCK:
            self.writer.write(request)
            return await self.answer()
        sending = asyncio.create_task(self.send(request))
        try:
            return await self.answer()
        finally:
            sending.cancel()
            with suppress(OSError, asyncio.CancelledError):
                await sending

    async def send(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), _BLOCK):
            self.writer.write(view[start : start + _BLOCK])
            await self.writer.drain()

    async def answer(self) -> str:
        """Read one answer and its body, and return the status. Raises EOFError if the body is not complete."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        await self.reader.readexactly(_length(head))
        if b"\r\nconnection: close" in head:
            self.writer.transport.abort()
        return head.split(None, 2)[1].decode()


@asynccontextmanager
async def connected(
    victim: Victim, context: ssl.SSLContext | None, buffer: int = 0, limit: int = _HEAD
) -> AsyncIterator[Connection]:
    """Open a connection, and cut it at the end of the block.

    context  None for plain TCP
    buffer   receive buffer of the kernel in bytes; 0 for its default
    limit    buffer of asyncio in bytes
    """
    raw = socket.socket()
    try:
        raw.setblocking(False)
        if buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        raw.bind((victim.address, 0))
        async with asyncio.timeout(_CONNECT_SECONDS):
            await asyncio.get_running_loop().sock_connect(raw, (_HOST, victim.port))
            name = _NAME if context else None
            pair = await asyncio.open_connection(sock=raw, ssl=context, server_hostname=name, limit=limit)
    except BaseException:
        raw.close()
        raise
    connection = Connection(*pair)
    try:
        yield connection
    finally:
        connection.writer.transport.abort()


@cache
def trusting(authority: Path, *protocols: str, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """Return a TLS context that trusts one certificate.

    protocols  ALPN names
    version    the only TLS version
    """
    context = ssl.create_default_context(cafile=str(authority))
    if protocols:
        context.set_alpn_protocols(list(protocols))
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def head(path: str, fields: Iterable[Field]) -> bytes:
    """Return the head of a POST request."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in fields)]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def _length(answer: bytes) -> int:
    _, name, rest = answer.partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if name else 0
