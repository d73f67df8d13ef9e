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
        self._last = 0.0  # the part of it that the last charged request took
        self._settled = True  # that request has been read
        self._under_way: tuple[float, float] | None = None  # CPU time when the last charged work began, its estimate

    def charge(self, seconds: float) -> None:
        """Account for work of so many seconds. Raises Overloaded if it exceeds the share.

        The first expensive request passes whatever it costs, unless other clients would wait for it.
        """
        self._begin()
        if self._settled:
            self._last, self._settled = 0.0, False
        self._take(seconds, self._spent)

    def further(self, seconds: float) -> None:
        """Account for a step after the reading of the request that was charged last; its reading does not count.

        Raises Overloaded as ``charge`` does.
        """
        self._begin()
        self._take(seconds, self._spent - self._last)

    def _begin(self) -> None:
        if self._batch != self._budget.batch:
            self._batch, self._spent, self._last = self._budget.batch, 0.0, 0.0

    def _take(self, seconds: float, others: float) -> None:
        """Account for work; ``others``: seconds of the client's other requests in this batch."""
        limit, strict = self._budget.limit(self)
        if self._spent + seconds > limit and (strict or others > 0.0):
            raise Overloaded(f"this batch has no time left for work of {seconds * 1000:.0f} ms", _HINT)
        self._spent += seconds
        self._last += seconds
        self._under_way = time.thread_time(), seconds

    def settle(self) -> None:
        """Account for the CPU time that the last charged work took beyond its estimate: a request has been read.

        Call it for one that was refused, too.
        """
        self._settled = True
        if self._under_way:
            began, estimate = self._under_way
            more = max(0.0, time.thread_time() - began - estimate)
            self._spent += more
            self._last += more
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
