"""Attacks by TLS handshakes."""

import asyncio
import ssl
from collections.abc import Callable

from resilience.attacks.attack import CONNECTIONS, Act, Run
from resilience.attacks.connections import connected, trusting
from resilience.attacks.hellos import X25519, hello

_HELLOS = 64  # different ones, made before
_HALF = 500  # connections
_SERVER_HELLO, _ALERT = 22, 21  # record types
_ANSWER_SECONDS = 60.0


def hellos(group: int) -> Callable[[], Act]:
    """Prepare ClientHellos with a key share of one group; each connection is cut at the first bytes of the answer."""

    def prepare() -> Act:
        made = [hello(group) for _ in range(_HELLOS)]

        async def act(run: Run) -> None:
            async def once(index: int) -> None:
                async with connected(run.victim, None) as connection:
                    connection.writer.write(made[index % _HELLOS])
                    async with asyncio.timeout(_ANSWER_SECONDS):
                        run.answers[_named(await connection.reader.read(7))] += 1

            await run.repeat(CONNECTIONS, once)

        return act

    return prepare


def full(version: ssl.TLSVersion) -> Callable[[], Act]:
    """Prepare whole handshakes of one TLS version, each on a connection of its own."""

    def prepare() -> Act:
        async def act(run: Run) -> None:
            context = trusting(run.victim.authority, version=version)

            async def once(_: int) -> None:
                async with connected(run.victim, context):
                    run.answers["handshake"] += 1

            await run.repeat(CONNECTIONS, once)

        return act

    return prepare


def half() -> Act:
    """Prepare connections that send half a ClientHello and wait until the gateway closes them."""
    begun = hello(X25519)[:-40]

    async def act(run: Run) -> None:
        async def once(_: int) -> None:
            async with connected(run.victim, None) as connection:
                connection.writer.write(begun)
                run.answers[_named(await connection.reader.read(7))] += 1

        await run.repeat(_HALF, once)

    return act


def _named(answer: bytes) -> str:
    if not answer:
        return "closed"
    if answer[0] == _ALERT:
        return f"TLS alert {answer[6]}" if len(answer) > 6 else "TLS alert"
    return "ServerHello" if answer[0] == _SERVER_HELLO else "other"
