"""Attacks by requests without a valid key."""

import base64
import secrets
from collections.abc import Callable

from resilience.attacks.attack import CONNECTIONS, Act, Run
from resilience.attacks.posts import Post, send

_DIFFERENT = 1000  # headers, made before


def wrong(header: Callable[[], str]) -> Callable[[], Act]:
    """Prepare requests of raw pixels, each with another Authorization header."""

    def prepare() -> Act:
        post = Post(bytes(784))
        requests = [post.request(("Authorization", header())) for _ in range(_DIFFERENT)]

        async def act(run: Run) -> None:
            await send(run, CONNECTIONS, lambda _: secrets.choice(requests))

        return act

    return prepare


def none(method: str, path: str) -> Callable[[], Act]:
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
