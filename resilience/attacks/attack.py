"""Attack by a client: its description, its target and the answers to it."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

CONNECTIONS = 64
_PAUSE = 0.01  # seconds before a refused connection is tried again
_CONNECT_SPREAD = 0.2  # seconds over which the first connections are opened


class Victim(NamedTuple):
    """Gateway under attack, and the addresses and keys of the attacker.

    authority  certificate to trust
    address    source address of the attacker; other clients use 127.0.0.1
    """

    port: int
    authority: Path
    address: str
    keys: tuple[str, ...]

    def authorization(self, index: int) -> tuple[str, str]:
        """Return the header of connection number ``index``. Connections share the keys evenly."""
        return "Authorization", f"Bearer {self.keys[index % len(self.keys)]}"


@dataclass
class Run:
    """Attack in progress.

    seconds  duration
    answers  answer ("200", "reset 7", "ConnectionResetError") -> count
    """

    victim: Victim
    seconds: float
    answers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.seconds

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._deadline

    async def repeat(self, size: int, act: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """Call ``act(index)`` repeatedly for each index below ``size`` until the time is over.

        Each call ends with an answer or an error, so requests are not sent faster than answers arrive.
        """
        tasks = [asyncio.create_task(self._loop(index, size, act)) for index in range(size)]
        _, late = await asyncio.wait(tasks, timeout=max(0.0, self._deadline - time.monotonic()))
        for task in late:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ends:
            if isinstance(error, Exception):
                raise error

    async def _loop(self, index: int, size: int, act: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        await asyncio.sleep(_CONNECT_SPREAD * index / size)
        while not self.over:
            await self.attempt(index, act)

    async def attempt(self, index: int, act: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """Call ``act(index)``. If it fails, count the error and wait a moment."""
        try:
            await act(index)
        except (OSError, EOFError) as error:  # ssl.SSLError is an OSError, IncompleteReadError an EOFError
            self.answers[_name(error)] += 1
            await asyncio.sleep(_PAUSE)


def _name(error: Exception) -> str:
    return str(getattr(error, "reason", None) or type(error).__name__)


class ClientAttack(NamedTuple):
    """Attack by one client or one address.

    sends       description for the report
    make        makes the payload before the attack starts; a Post is sent with the key of each client
    act         sends the payload until the time is over
    keys        number of clients
    explains    other clients request explanations as well
    playground  the gateway must publish the playground
    """

    name: str
    kind: str
    sends: str
    make: Callable[[], Any]
    act: Callable[[Run, Any], Coroutine[Any, Any, None]]
    keys: int = 1
    explains: bool = False
    playground: bool = False
