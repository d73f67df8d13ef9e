"""The CPU time that the expensive requests of one client may take in one batch.

A worker answers all requests of a batch together, so each waits for the sum of their costs. Costs are estimated before
the work is done (inference.cost). Requests beyond a client's share get 503 with Retry-After; all others are answered.
Threads may read the requests of one batch at the same time.

The gateway names the client of each request in a header. Without a gateway all requests are one client's.
"""

import threading
import time

from inference.errors import Overloaded

CLIENT = "x-client"
_SHARED = 0.03  # seconds a batch, while other clients are active: the gateway lets eight moderate files in at once
_ALONE = 1.0  # seconds a batch, for a client that keeps nobody else waiting, and without a gateway
_APART = 1.0  # seconds a batch, in a worker for expensive requests: four photos of 12 megapixels
_ACTIVE = 1.0  # seconds since a client's last request
_MOST = 4096  # clients that are remembered
_CERTAIN = 50e-6  # seconds: work of a smaller estimate is bounded by its size, and takes no time worth measuring
_NOTHING = 1e-9  # seconds: below what a sum of floats is exact to
_HINT = "try again after Retry-After seconds, with fewer or smaller images in one request"


class Share:
    """One client's share of the current batch.

    seen   monotonic seconds of its last request
    batch  the last one in which it had a request
    spent  CPU seconds of its requests in that batch
    """

    def __init__(self, budget: "Budget") -> None:
        self.budget = budget
        self.seen = 0.0
        self.batch = -1
        self.spent = 0.0


class Expense:
    """The cost of one request, borne by its client's share of the batch.

    under_way  CPU time when the last charged work began, and its estimate, until ``settle`` accounts for it
    """

    under_way: tuple[float, float] | None = None
    _spent = 0.0  # of the share, by this request

    def __init__(self, share: Share) -> None:
        self._share = share

    def charge(self, seconds: float) -> None:
        """Account for work of so many seconds. Raises Overloaded if it exceeds the share.

        The first expensive request passes whatever its steps cost, unless other clients would wait for it.
        """
        share = self._share
        budget = share.budget
        with budget.lock:
            limit, strict = budget.limit(share)
            if share.spent + seconds > limit and (strict or share.spent - self._spent > _NOTHING):
                raise Overloaded(f"this batch has no time left for work of {seconds * 1000:.0f} ms", _HINT)
            share.spent += seconds
        self._spent += seconds
        if seconds > _CERTAIN:
            self.under_way = time.thread_time(), seconds

    def settle(self) -> None:
        """Account for the CPU time of this thread that the last charged work took beyond its estimate.

        Call it once a request is read, for one that was refused, too.
        """
        if self.under_way:
            began, estimate = self.under_way
            more = max(0.0, time.thread_time() - began - estimate)
            with self._share.budget.lock:
                self._share.spent += more
            self._spent += more
            self.under_way = None


class Budget:
    """The shares of all clients of a worker.

    apart  whether the worker is for expensive requests alone
    """

    def __init__(self, *, apart: bool) -> None:
        self.batch = 0
        self.lock = threading.Lock()  # of what the shares have spent
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
        if share.batch != self.batch:
            share.batch, share.seen, share.spent = self.batch, self._now, 0.0
        return share

    def limit(self, share: Share) -> tuple[float, bool]:
        """Return the seconds that a client may take, and whether its first request may not take more either."""
        if self._apart:
            return _APART, False
        if share is self._shares.get(""):
            return _ALONE, False
        others = any(other is not share and self._now - other.seen < _ACTIVE for other in self._shares.values())
        return (_SHARED, True) if others else (_ALONE, False)
