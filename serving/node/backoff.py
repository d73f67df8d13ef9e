"""Pauses between the starts of a process that ends again and again."""

import time


class Backoff:
    """Growing pause between starts: none before the second start, then 1 s, and twice as long each time.

    longest  longest pause in seconds
    steady   seconds of running after which the pauses begin again with none
    """

    def __init__(self, longest: float, steady: float) -> None:
        self._longest = longest
        self._steady = steady
        self._pause = 0.0
        self._next = time.monotonic()

    @property
    def due(self) -> bool:
        """Return whether the next start may happen now."""
        return time.monotonic() >= self._next

    def started(self) -> None:
        now = time.monotonic()
        if now > self._next + self._steady:
            self._pause = 0.0
        self._next = now + self._pause
        self._pause = min(max(2 * self._pause, 1.0), self._longest)
