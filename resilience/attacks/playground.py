"""Attacks on the published playground, which needs no key."""

from collections.abc import Callable

from resilience.attacks.attack import Act, Run
from resilience.attacks.posts import Post, send

PATH = "/playground/predict"


def drawings(file: Callable[[], bytes], connections: int) -> Callable[[], Act]:
    """Prepare an image file that each of the connections has predicted again and again."""

    def prepare() -> Act:
        request = Post(file(), path=PATH).request()

        async def act(run: Run) -> None:
            await send(run, connections, lambda _: request)

        return act

    return prepare
