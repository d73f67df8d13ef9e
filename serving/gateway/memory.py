"""Times when a gateway should give memory back to the system."""

import time
from collections.abc import Callable

_CALM_SECONDS = 5.0  # what ended connections leave behind ends a little later
_LEAST = 32  # connections: what fewer of them leave behind is not worth it


class Ebb:
    """Detects that most of a gateway's connections have ended. HAProxy keeps their memory for the next ones."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._peak = 0
        self._since: float | None = None  # when most of the peak had ended

    def sample(self, connections: int) -> bool:
        """Return, once after each peak, whether most of its connections have ended some seconds ago."""
        now = self._clock()
        if self._peak < _LEAST or connections > self._peak / 2:
            self._peak, self._since = max(self._peak, connections), None
            return False
        self._since = self._since or now
        if now - self._since < _CALM_SECONDS:
            return False
        self._peak, self._since = connections, None
        return True
