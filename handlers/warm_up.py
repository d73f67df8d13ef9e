"""Warm-up requests, which a node sends to its TorchServe before it is ready. They are not counted.

The JVM is fast only after some thousand requests. Warm-up requests have a header with a secret that the node shares
with the worker, so that clients cannot exclude their own requests from the metrics.
"""

from collections.abc import Callable, Sequence

from handlers.protocol import Received
from inference.http_message import Answer

HEADER = "x-warm-up"
MARK = "INFERENCE_WARM_UP"  # environment variable with the value of the header

Answers = Callable[[Sequence[Received]], list[Answer]]


class WarmUp:
    """Answers batches without counting until the first batch with another request.

    counted, uncounted  functions that answer a batch with and without counting it
    mark                value of the header
    """

    def __init__(self, counted: Answers, uncounted: Answers, mark: str) -> None:
        self._counted = counted
        self._uncounted = uncounted
        self._mark = mark
        self._over = False

    def answers(self, batch: Sequence[Received]) -> list[Answer]:
        """Answer a batch, and count it after the warm-up phase."""
        if self._over:
            return self._counted(batch)
        if all(received.headers.get(HEADER) == self._mark for received in batch):
            return self._uncounted(batch)
        self._over = True
        return self._counted(batch)
