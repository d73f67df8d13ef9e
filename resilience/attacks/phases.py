"""The answers of honest clients before, during and after an attack."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from resilience.cluster.clients import Record
from resilience.faults.fault_figures import figures

NAMES = ("before", "during", "after")


@dataclass(frozen=True)
class Phase:
    """Requests that were due in one phase, by outcome; seconds until right answers.

    refused  429 or 503 with Retry-After
    lost     no answer, or another error
    wrong    an answer that is not the model's
    """

    sent: int
    right: int
    refused: int
    lost: int
    wrong: int
    p50: float
    p99: float
    slowest: float
    errors: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def phases(records: Sequence[Record], marks: Sequence[float]) -> dict[str, Phase]:
    """Return the phase between each two marks, by name.

    marks  four monotonic times
    """
    spans = zip(NAMES, marks, marks[1:], strict=False)
    return {name: _phase([record for record in records if start <= record.due < end]) for name, start, end in spans}


def _phase(records: Sequence[Record]) -> Phase:
    seen = figures(records, 0.0)
    right = [record.seconds for record in records if not record.outcome]
    return Phase(
        sent=seen.sent,
        right=seen.right,
        refused=seen.refused,
        lost=seen.lost,
        wrong=seen.wrong,
        p50=quantile(right, 0.50),
        p99=quantile(right, 0.99),
        slowest=seen.slowest,
        errors=seen.messages,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the least value that this share of the values does not exceed; infinite if there is none."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else math.inf
