"""Limits on the number of requests that the page handles at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from playground import limits
from playground.answers import Answer, Reply


class QuestionLimiter:
    """Receives the whole body of a request before it takes a place, so that slow clients hold no place."""

    def __init__(self) -> None:
        self._received = 0
        self._places = asyncio.Semaphore(limits.ANSWERED_AT_ONCE)

    async def answer(self, request: Request, answer: Answer) -> Reply:
        """Call ``answer`` in a thread, and return its result.

        Raises HTTPException: 408 if the body is too slow, 503 if no place is free in time. Errors of ``answer`` pass.
        """
        if self._received >= limits.RECEIVED_AT_ONCE:
            raise _busy()
        self._received += 1
        try:
            body = await _body(request)
            async with self._place():
                return await run_in_threadpool(answer, body, request.query_params)
        finally:
            self._received -= 1

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(limits.BUSY_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise _busy() from error
        try:
            yield
        finally:
            self._places.release()


async def _body(request: Request) -> bytes:
    try:
        async with asyncio.timeout(limits.BODY_SECONDS):
            return await request.body()
    except (TimeoutError, ClientDisconnect) as error:
        message = f"send the body within {limits.BODY_SECONDS:.0f} seconds"
        raise HTTPException(408, message, {"Connection": "close"}) from error


def _busy() -> HTTPException:
    message = "too many questions at once: try again after Retry-After seconds"
    return HTTPException(503, message, {"Connection": "close", "Retry-After": "1"})
