"""Attacks by complete requests that repeat, with a valid key, a wrong key or no key."""

import asyncio
import base64
import hashlib
import itertools
import secrets
from collections.abc import Callable, Sequence
from typing import NamedTuple

from resilience.attacks.attack import CONNECTIONS, Run, Victim
from resilience.attacks.connections import Field, connected, head, trusting

PREDICTIONS, EXPLANATIONS, DRAWINGS = "/predictions/digits", "/explanations/digits", "/playground/predict"
BINARY, JSON = "application/octet-stream", "application/json"
_DIFFERENT = 1000  # number of headers with wrong keys
_BLOCK = bytes(10_000_000)


class Post(NamedTuple):
    """A request without its key."""

    body: bytes
    type: str = BINARY
    path: str = PREDICTIONS
    fields: Sequence[Field] = ()

    def request(self, *fields: Field) -> bytes:
        own = (("Content-Type", self.type), ("Content-Length", str(len(self.body))))
        return head(self.path, (*own, *self.fields, *fields)) + self.body

    def keyed(self, victim: Victim) -> list[bytes]:
        """Return the request with each key."""
        return [self.request(victim.authorization(index)) for index in range(len(victim.keys))]


async def send(run: Run, requests: Sequence[bytes], connections: int = CONNECTIONS) -> None:
    """Send requests in turn over connections that stay open as long as the gateway allows."""
    context = trusting(run.victim.authority)
    turns = [itertools.count(index, connections) for index in range(connections)]

    async def act(index: int) -> None:
        async with connected(run.victim, context) as connection:
            while not run.over and not connection.writer.transport.is_closing():
                run.answers[await connection.ask(requests[next(turns[index]) % len(requests)])] += 1

    await run.repeat(connections, act)


async def rounds(run: Run, requests: Sequence[bytes], connections: int, times: int) -> None:
    """Send a request over each of ``connections`` new connections, ``times`` times."""
    context = trusting(run.victim.authority)

    async def once(index: int) -> None:
        async with connected(run.victim, context) as connection:
            run.answers[await connection.ask(requests[index % len(requests)])] += 1

    for _ in range(times):
        await asyncio.gather(*(run.attempt(index, once) for index in range(connections)))


def with_wrong_keys(header: Callable[[], str]) -> list[bytes]:
    """Return requests of raw pixels, each with a different Authorization header."""
    return [Post(bytes(784)).request(("Authorization", header())) for _ in range(_DIFFERENT)]


def bearer() -> str:
    return f"Bearer inference_{secrets.token_urlsafe(32)}"


def basic() -> str:
    return f"Basic {base64.b64encode(secrets.token_bytes(24)).decode()}"


async def computing(run: Run, _: None) -> None:
    """Compute during the whole attack, as a client does to encrypt its bodies, but send nothing."""
    while not run.over:
        hashlib.sha256(_BLOCK)
        run.answers["nothing sent"] += 1
