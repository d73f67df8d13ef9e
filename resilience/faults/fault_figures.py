"""Effect of a fault on clients: counts, times, and the time until recovery."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resilience.cluster.clients import REFUSED, WRONG, Record

SLOW = 0.25  # seconds: a longer answer, or a longer time without any answer, is a disturbance
_LENGTH = 120  # most characters of a message


@dataclass(frozen=True)
class FaultFigures:
    """Numbers of requests by outcome, and times in seconds.

    refused   429 or 503 with Retry-After
    lost      no answer, or an error that is no refusal
    wrong     an answer that differs from the model's
    slowest   longest time until a right answer
    refusal   longest time until a refusal
    first     from the fault until the first right answer after the last gap without one
    steady    from the fault until the end of the last request that was disturbed; 0 if none was
    messages  errors of the failed requests, with their counts
    """

    sent: int
    right: int
    refused: int
    lost: int
    wrong: int
    slowest: float
    refusal: float
    first: float
    steady: float
    messages: dict[str, int]


def figures(records: Sequence[Record], began: float) -> FaultFigures:
    """Return the figures of requests. ``began`` is the monotonic time of the fault, in seconds."""
    right = [record for record in records if not record.outcome]
    refused = [record for record in records if record.outcome.startswith(REFUSED)]
    wrong = [record for record in records if record.outcome.startswith(WRONG)]
    disturbed = [record for record in records if record.outcome or record.seconds > SLOW]
    ends = [record.due + record.seconds - began for record in disturbed]
    return FaultFigures(
        sent=len(records),
        right=len(right),
        refused=len(refused),
        lost=len(records) - len(right) - len(refused) - len(wrong),
        wrong=len(wrong),
        slowest=max((record.seconds for record in right), default=0.0),
        refusal=max((record.seconds for record in refused), default=0.0),
        first=max(_silences(right, began), default=0.0),
        steady=max((end for end in ends if end > 0), default=0.0),
        messages=dict(Counter(record.outcome[:_LENGTH] for record in records if record.outcome).most_common()),
    )


def _silences(right: Sequence[Record], began: float) -> Iterator[float]:
    """Yield the ends of the periods without a right answer, in seconds from the fault."""
    answered = sorted(record.due + record.seconds - began for record in right)
    yield from (after for before, after in pairwise(answered) if after > 0 and after - before > SLOW)
