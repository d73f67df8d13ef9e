"""Attacks by requests that are sent whole, again and again."""

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
            target = run.target
            requests = {key: post.request(("Authorization", f"Bearer {key}")) for key in target.keys}
            await send(run, connections, lambda index: requests[target.keys[index % len(target.keys)]])

        return act

    return prepare


async def send(run: Run, connections: int, request: Callable[[int], bytes]) -> None:
    """Send requests over connections that stay open as long as the gateway lets them."""
    context = trusting(run.target.authority)

    async def act(index: int) -> None:
        async with connected(run.target, context) as connection:
            while not run.over and not connection.writer.transport.is_closing():
                run.answers[await connection.ask(request(index))] += 1

    await run.repeat(connections, act)
