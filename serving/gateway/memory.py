"""Detector for the moment when a gateway should give memory back to the system."""

import time
from collections.abc import Callable

_CALM_SECONDS = 5.0  # HAProxy cleans up after connections with a delay
_LEAST = 32  # connections; fewer of them hold too little memory


class Ebb:
    """Detector for the end of most of a gateway's connections. HAProxy keeps their memory for later ones."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._peak = 0
        self._since: float | None = None  # time at which most connections of the peak had ended

    def sample(self, connections: int) -> bool:
        """Return True once after each peak, when most of its connections have been closed for 5 s."""
        now = self._clock()
        if self._peak < _LEAST or connections > self._peak / 2:
            self._peak, self._since = max(self._peak, connections), None
            return False
        self._since = self._since or now
        if now - self._since < _CALM_SECONDS:
            return False
        self._peak, self._since = connections, None
        return True
