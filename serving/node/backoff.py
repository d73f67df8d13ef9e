"""Pauses between the starts of something that ends again and again."""

import time


class Backoff:
    """The second start may come at once, the next a second after it, then twice as late each time.

    longest  pause, in seconds
    steady   seconds after which an end is the first one again
    """

    def __init__(self, longest: float, steady: float) -> None:
        self._longest = longest
        self._steady = steady
        self._pause = 0.0
        self._next = time.monotonic()

    @property
    def due(self) -> bool:
        """Return whether it may be started now."""
        return time.monotonic() >= self._next

    def started(self) -> None:
        now = time.monotonic()
        if now > self._next + self._steady:
            self._pause = 0.0
        self._next = now + self._pause
        self._pause = min(max(2 * self._pause, 1.0), self._longest)
