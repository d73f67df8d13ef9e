"""When a gateway should give memory back to the system."""

import time
from collections.abc import Callable

_PAUSE_SECONDS = 15.0  # between two times: giving memory back takes milliseconds, in which nothing is answered
_LEAST = 32  # connections: what fewer of them leave behind is not worth it


class Ebb:
    """Detects that most of a gateway's connections have ended. HAProxy keeps their memory for the next ones."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._peak = 0
        self._last = clock()

    def look(self, connections: int) -> bool:
        """Return whether at most half of the connections are left that there were at once since the last time."""
        self._peak = max(self._peak, connections)
        now = self._clock()
        if self._peak < _LEAST or connections > self._peak / 2 or now - self._last < _PAUSE_SECONDS:
            return False
        self._peak, self._last = connections, now
        return True
