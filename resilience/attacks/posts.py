"""Attacks by whole requests, sent again and again: with a valid key, with a wrong one, with none."""

import asyncio
import base64
import hashlib
import secrets
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


_DIFFERENT = 1000  # headers, made before


def with_wrong_key(header: Callable[[], str]) -> Callable[[], Act]:
    """Prepare requests of raw pixels, each with another Authorization header."""

    def prepare() -> Act:
        post = Post(bytes(784))
        requests = [post.request(("Authorization", header())) for _ in range(_DIFFERENT)]

        async def act(run: Run) -> None:
            await send(run, CONNECTIONS, lambda _: secrets.choice(requests))

        return act

    return prepare


def without_key(method: str, path: str) -> Callable[[], Act]:
    """Prepare a request without a key."""
    request = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode()

    def prepare() -> Act:
        async def act(run: Run) -> None:
            await send(run, CONNECTIONS, lambda _: request)

        return act

    return prepare


def bearer() -> str:
    return f"Bearer inference_{secrets.token_urlsafe(32)}"


def basic() -> str:
    return f"Basic {base64.b64encode(secrets.token_bytes(24)).decode()}"


DRAWINGS = "/playground/predict"


def drawings(file: Callable[[], bytes], connections: int) -> Callable[[], Act]:
    """Prepare an image file that each of the connections has predicted again and again."""

    def prepare() -> Act:
        request = Post(file(), path=DRAWINGS).request()

        async def act(run: Run) -> None:
            await send(run, connections, lambda _: request)

        return act

    return prepare


_BLOCK = bytes(10_000_000)


def computing() -> Act:
    """Prepare an act that computes for all of its time, as encrypting bodies does, and sends nothing."""

    async def act(run: Run) -> None:
        while not run.over:
            hashlib.sha256(_BLOCK)
            run.answers["nothing sent"] += 1

    return act
