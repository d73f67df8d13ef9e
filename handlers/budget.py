"""The CPU time that the expensive requests of one client may take in one batch.

A worker answers all requests of a batch together, so each waits for the sum of their costs. Costs are estimated before
the work is done (inference.cost). Requests beyond a client's share get 503 with Retry-After; all others are answered.

The gateway names the client of each request in a header. Without a gateway all requests are one client's.
"""

import time

from inference.errors import Overloaded

CLIENT = "x-client"
_SHARED = 0.03  # seconds a batch, while other clients are active: the gateway lets eight moderate files in at once
_ALONE = 1.0  # seconds a batch, for a client that keeps nobody else waiting, and without a gateway
_APART = 1.0  # seconds a batch, in a worker for expensive requests: four photos of 12 megapixels
_ACTIVE = 1.0  # seconds since a client's last request
_MOST = 4096  # clients that are remembered
_HINT = "try again after Retry-After seconds, with fewer or smaller images in one request"


class Share:
    """One client's share of the current batch."""

    def __init__(self, budget: "Budget") -> None:
        self.seen = 0.0  # monotonic seconds of its last request
        self._budget = budget
        self._batch = -1
        self._spent = 0.0
        self._under_way: tuple[float, float] | None = None  # CPU time when the last charged work began, its estimate

    def charge(self, seconds: float) -> None:
        """Account for work of so many seconds. Raises Overloaded if it exceeds the share.

        The first expensive request passes whatever it costs, unless other clients would wait for it.
        """
        budget = self._budget
        if self._batch != budget.batch:
            self._batch, self._spent = budget.batch, 0.0
        limit, strict = budget.limit(self)
        if self._spent + seconds > limit and (strict or self._spent):
            raise Overloaded(f"this batch has no time left for work of {seconds * 1000:.0f} ms", _HINT)
        self._spent += seconds
        self._under_way = time.thread_time(), seconds

    def settle(self) -> None:
        """Account for the CPU time that the last charged work took beyond its estimate."""
        if self._under_way:
            began, estimate = self._under_way
            self._spent += max(0.0, time.thread_time() - began - estimate)
            self._under_way = None


class Budget:
    """The shares of all clients of a worker.

    apart  whether the worker is for expensive requests alone
    """

    def __init__(self, *, apart: bool) -> None:
        self.batch = 0
        self._apart = apart
        self._now = 0.0
        self._shares: dict[str, Share] = {}

    def begin(self) -> None:
        """Give every client its whole share: a batch begins."""
        self.batch += 1
        self._now = time.monotonic()

    def share(self, client: str) -> Share:
        """Return the share of a client that has a request in this batch; ``client`` may be empty."""
        share = self._shares.get(client)
        if share is None:
            if len(self._shares) >= _MOST:
                self._shares.clear()
            share = self._shares[client] = Share(self)
        share.seen = self._now
        return share

    def limit(self, share: Share) -> tuple[float, bool]:
        """Return the seconds that a client may take, and whether its first request may not take more either."""
        if self._apart:
            return _APART, False
        if share is self._shares.get(""):
            return _ALONE, False
        others = any(other is not share and self._now - other.seen < _ACTIVE for other in self._shares.values())
        return (_SHARED, True) if others else (_ALONE, False)
