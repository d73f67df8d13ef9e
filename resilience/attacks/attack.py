"""One attack: its description, its victim and the answers to it."""

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
    """A gateway on loopback, and the attacker's address and keys.

    authority  the certificate that the gateway is trusted by
    address    other clients come from 127.0.0.1
    """

    port: int
    authority: Path
    address: str
    keys: tuple[str, ...]

    def authorization(self, index: int) -> tuple[str, str]:
        """Return the header of connection number ``index``; connections share the keys evenly."""
        return "Authorization", f"Bearer {self.keys[index % len(self.keys)]}"


@dataclass
class Run:
    """An attack in progress.

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
        """Call ``act(index)`` again and again for each index below ``size`` until the time is over.

        An act ends with an answer or a failure: nothing is sent faster than answers come.
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
        """Call ``act(index)``; count what the connection ended with, and wait a moment after that."""
        try:
            await act(index)
        except (OSError, EOFError) as error:  # ssl.SSLError is an OSError, IncompleteReadError an EOFError
            self.answers[_name(error)] += 1
            await asyncio.sleep(_PAUSE)


def _name(error: Exception) -> str:
    return str(getattr(error, "reason", None) or type(error).__name__)


class ClientAttack(NamedTuple):
    """Attack by one client or one address.

    sends       the description for the report
    make        makes the payload, before the clock starts
    act         sends the payload until the time is over
    keys        number of clients
    explains    whether honest clients ask for explanations as well
    playground  whether the gateway must publish the playground
    """

    name: str
    kind: str
    sends: str
    make: Callable[[Victim], Any]
    act: Callable[[Run, Any], Coroutine[Any, Any, None]]
    keys: int = 1
    explains: bool = False
    playground: bool = False
