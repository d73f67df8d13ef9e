"""Attacks by requests that are sent whole, again and again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from resilience.attacks.attack import CONNECTIONS, Act, Run
from resilience.attacks.connections import Field, connected, head, trusting

PREDICTIONS, EXPLANATIONS = "/predictions/digits", "/explanations/digits"
BINARY, JSON = "application/octet-stream", "application/json"


class Post(NamedTuple):
    """A request without the key."""

    body: bytes
    type: str = BINARY
    path: str = PREDICTIONS
    fields: Sequence[Field] = ()

    def request(self, *fields: Field) -> bytes:
        own = (("Content-Type", self.type), ("Content-Length", str(len(self.body))))
        return head(self.path, (*own, *self.fields, *fields)) + self.body


def posts(make: Callable[[], Post], connections: int = CONNECTIONS) -> Callable[[], Act]:
    """Prepare one request that each of the connections repeats with its key."""

    def prepare() -> Act:
        post = make()

        async def act(run: Run) -> None:
            await send(run, connections, _keyed(run, post))

        return act

    return prepare


def rounds(make: Callable[[], Post], connections: int, times: int) -> Callable[[], Act]:
    """Prepare one request that each of the connections repeats so many times."""

    def prepare() -> Act:
        post = make()

        async def act(run: Run) -> None:
            request, context = _keyed(run, post), trusting(run.victim.authority)

            async def once(index: int) -> None:
                async with connected(run.victim, context) as connection:
                    run.answers[await connection.ask(request(index))] += 1

            for _ in range(times):
                await asyncio.gather(*(run.attempt(index, once) for index in range(connections)))

        return act

    return prepare


def _keyed(run: Run, post: Post) -> Callable[[int], bytes]:
    """The request of each connection."""
    requests = [post.request(("Authorization", f"Bearer {key}")) for key in run.victim.keys]
    return lambda index: requests[index % len(requests)]


async def send(run: Run, connections: int, request: Callable[[int], bytes]) -> None:
    """Send requests over connections that stay open as long as the gateway lets them."""
    context = trusting(run.victim.authority)

    async def act(index: int) -> None:
        async with connected(run.victim, context) as connection:
            while not run.over and not connection.writer.transport.is_closing():
                run.answers[await connection.ask(request(index))] += 1

    await run.repeat(connections, act)
