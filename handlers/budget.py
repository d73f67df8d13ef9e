"""Limit of the CPU time that one client's expensive requests take in one batch.

A worker answers all requests of a batch together, so each request waits for the sum of their costs. Costs are estimated
before the work is done (inference.cost). Requests beyond the share of a client get 503 with Retry-After, all others are
answered. Threads may read the requests of one batch at the same time.

The gateway sends the client of each request in a header. Without a gateway all requests belong to one client.
"""

import threading
import time

from inference.errors import Overloaded

CLIENT = "x-client"
_SHARED = 0.03  # seconds a batch, while other clients are active; the gateway admits eight moderate files at once
_ALONE = 1.0  # seconds a batch, for the only active client, and without a gateway
_APART = 1.0  # seconds a batch, in a worker for expensive requests: four photos of 12 megapixels
_ACTIVE = 1.0  # seconds for which a client counts as active after its last request
_MOST = 4096  # clients whose shares are stored
_CERTAIN = 50e-6  # seconds: work with a smaller estimate is not measured, because its size limits its time
_NOTHING = 1e-9  # seconds: rounding error of a sum of floats
_HINT = "try again after Retry-After seconds, with fewer or smaller images per request"


class Share:
    """Share of one client in the current batch.

    seen   monotonic time of the last request, in seconds
    batch  number of the last batch with a request of the client
    spent  CPU seconds of the requests in that batch
    """

    def __init__(self, budget: "Budget") -> None:
        self.budget = budget
        self.seen = 0.0
        self.batch = -1
        self.spent = 0.0


class Expense:
    """Cost of one request, counted in its client's share of the batch.

    under_way  CPU time at which the last charged work began, and its estimated seconds; None after ``settle``
    """

    under_way: tuple[float, float] | None = None
    _spent = 0.0  # CPU seconds of this request

    def __init__(self, share: Share) -> None:
        self._share = share

    def charge(self, seconds: float) -> None:
        """Add the estimated CPU seconds of the next work to the share. Raises Overloaded if they exceed it.

        If no other client is active, the first expensive request of a batch is accepted at any cost.
        """
        share = self._share
        budget = share.budget
        with budget.lock:
            limit, strict = budget.limit(share)
            if share.spent + seconds > limit and (strict or share.spent - self._spent > _NOTHING):
                raise Overloaded(f"time limit of this batch exceeded by a request of {seconds * 1000:.0f} ms", _HINT)
            share.spent += seconds
        self._spent += seconds
        if seconds > _CERTAIN:
            self.under_way = time.thread_time(), seconds

    def settle(self) -> None:
        """Add the CPU time that the last charged work took in this thread beyond its estimate.

        Call this after each request is read, even if it was refused.
        """
        if self.under_way:
            began, estimate = self.under_way
            more = max(0.0, time.thread_time() - began - estimate)
            with self._share.budget.lock:
                self._share.spent += more
            self._spent += more
            self.under_way = None


class Budget:
    """Shares of all clients of a worker.

    apart  True for a worker that serves only expensive requests
    """

    def __init__(self, *, apart: bool) -> None:
        self.batch = 0
        self.lock = threading.Lock()  # guards Share.spent
        self._apart = apart
        self._now = 0.0
        self._shares: dict[str, Share] = {}

    def begin(self) -> None:
        """Start a batch: reset the share of every client."""
        self.batch += 1
        self._now = time.monotonic()

    def share(self, client: str) -> Share:
        """Return the share of a client with a request in this batch. ``client`` is empty without a gateway."""
        share = self._shares.get(client)
        if share is None:
            if len(self._shares) >= _MOST:
                self._shares.clear()
            share = self._shares[client] = Share(self)
        if share.batch != self.batch:
            share.batch, share.seen, share.spent = self.batch, self._now, 0.0
        return share

    def limit(self, share: Share) -> tuple[float, bool]:
        """Return the CPU seconds of a share, and True if they limit the first request of the client, too."""
        if self._apart:
            return _APART, False
        if share is self._shares.get(""):
            return _ALONE, False
        others = any(other is not share and self._now - other.seen < _ACTIVE for other in self._shares.values())
        return (_SHARED, True) if others else (_ALONE, False)
