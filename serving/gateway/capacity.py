"""Queue limit, learned from how many requests are answered while some wait."""

import time
from collections import deque
from collections.abc import Callable

UNLIMITED = 1_000_000
_WAIT_SECONDS = 0.4  # below haproxy.cfg's limit: a request that would wait longer is refused at once
_MEMORY_SECONDS = 2.0
_LEAST = 64  # a batch


class Capacity:
    """Learns from samples of a queue. While no request waits nothing is known, and there is no limit."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looks: deque[tuple[float, int]] = deque()  # when, and how many had been served; some waited at each

    def sample(self, waiting: int, served: int) -> int:
        """The number that may wait now, of how many wait and how many have been served so far."""
        now = self._clock()
        if not waiting or (self._looks and served < self._looks[-1][1]):  # it counts from 0 again
            self._looks.clear()
            return UNLIMITED
        self._looks.append((now, served))
        # The last look is kept however old it is: where cores are busy, seconds may pass from one to the next.
        while len(self._looks) > 2 and now - self._looks[0][0] > _MEMORY_SECONDS:
            self._looks.popleft()
        began, before = self._looks[0]
        if now == began:
            return UNLIMITED
        return max(_LEAST, round((served - before) / (now - began) * _WAIT_SECONDS))
