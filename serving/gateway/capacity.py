"""Queue limit, learned from the rate of answers while requests wait."""

import time
from collections import deque
from collections.abc import Callable

UNLIMITED = 1_000_000
_WAIT_SECONDS = 0.4  # below the limit in haproxy.cfg; a request that would wait longer is refused at once
_MEMORY_SECONDS = 2.0
_LEAST = 64  # a batch


class Capacity:
    """Estimator of the queue limit, from samples of the queue. There is no limit while no request waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looks: deque[tuple[float, int]] = deque()  # (time, served requests) per sample

    def sample(self, waiting: int, served: int) -> int:
        """Return the number of requests that may wait, from the numbers that wait now and that were served so far."""
        now = self._clock()
        if not waiting or (self._looks and served < self._looks[-1][1]):  # HAProxy's counter restarted
            self._looks.clear()
            return UNLIMITED
        self._looks.append((now, served))
        # The last sample is always kept: on a busy machine, seconds may pass between two samples.
        while len(self._looks) > 2 and now - self._looks[0][0] > _MEMORY_SECONDS:
            self._looks.popleft()
        began, before = self._looks[0]
        if now == began:
            return UNLIMITED
        return max(_LEAST, round((served - before) / (now - began) * _WAIT_SECONDS))
