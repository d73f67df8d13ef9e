"""Limits on the questions that the page's process handles at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playground import limits
from playground.asgi import App, Message, Receive, Scope, Send
from playground.rejection import Rejection


class PostLimiter:
    """ASGI application that receives the whole body of a POST and then takes a place for it.

    A client that sends slowly therefore holds no place. Raises Rejection 408 or 413 for a body that is too slow or too
    large, 400 for JSON of too many parts, and 503 if no place becomes free.

    app  the application that answers
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._received = 0
        self._places = asyncio.Semaphore(limits.ANSWERED_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._received >= limits.RECEIVED_AT_ONCE:
            raise _busy()
        self._received += 1
        try:
            body = await _body(receive)
            if body is not None:
                async with self._place():
                    await self._app(scope, _replayed(body, receive), send)
        finally:
            self._received -= 1

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(self._places.acquire(), limits.BUSY_SECONDS)
        except TimeoutError as error:
            raise _busy() from error
        try:
            yield
        finally:
            self._places.release()


def _busy() -> Rejection:
    return Rejection(503, "the page answers as many questions as it can: ask again after Retry-After seconds", 1)


async def _body(receive: Receive) -> bytes | None:
    """Return a whole body; None if the client has disconnected."""
    body = bytearray()
    try:
        async with asyncio.timeout(limits.BODY_SECONDS):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > limits.BODY_BYTES:
                    raise Rejection(413, f"send at most {limits.BODY_BYTES} bytes")
                more = message.get("more_body", False)
    except TimeoutError as error:
        raise Rejection(408, f"send the body within {limits.BODY_SECONDS:.0f} seconds") from error
    if sum(body.count(mark) for mark in b"[{,:") > limits.BODY_PARTS:
        raise Rejection(400, f"send JSON of at most {limits.BODY_PARTS} parts")
    return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a receiver of a body that is already here."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message
