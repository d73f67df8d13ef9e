"""Requests by which a node warms its TorchServe up before it is ready: answered like others, and not counted.

The JVM runs code fast only after some thousand requests. They carry a header with a value that the node gave to the
worker, so that no client can have its own requests left out of the metrics.
"""

from collections.abc import Callable, Sequence

from handlers.protocol import Received
from inference.http_message import Answer

HEADER = "x-warm-up"
MARK = "INFERENCE_WARM_UP"  # in a worker's environment: the header's value

Answers = Callable[[Sequence[Received]], list[Answer]]


class WarmUp:
    """Answers without counting until the first batch that has another request, and from then on with it.

    counted, uncounted  answer a batch
    mark                the header's value
    """

    def __init__(self, counted: Answers, uncounted: Answers, mark: str) -> None:
        self._counted = counted
        self._uncounted = uncounted
        self._mark = mark
        self._over = False

    def answers(self, batch: Sequence[Received]) -> list[Answer]:
        """Answer a batch."""
        if self._over:
            return self._counted(batch)
        if all(received.headers.get(HEADER) == self._mark for received in batch):
            return self._uncounted(batch)
        self._over = True
        return self._counted(batch)
