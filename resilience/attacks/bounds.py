"""Answers to honest clients before, during and after an attack, and the bounds that they must meet."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resilience.cluster.clients import Record
from resilience.faults.fault import Check
from resilience.faults.fault_figures import figures

NAMES = ("before", "during", "after")


@dataclass(frozen=True)
class Phase:
    """Requests that were due in one phase, by outcome. Times are seconds until right answers.

    refused  429 or 503 with Retry-After
    lost     no answer, or another error
    wrong    an answer that differs from the model's
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


def phases(records: Sequence[Record], marks: Sequence[float]) -> dict[str, Phase]:
    """Return the phase between each two marks, by name.

    marks  four monotonic times
    """
    spans = zip(NAMES, marks, marks[1:], strict=False)
    return {name: _phase([record for record in records if start <= record.due < end]) for name, start, end in spans}


def _phase(records: Sequence[Record]) -> Phase:
    seen = figures(records, 0.0)
    right = [record.seconds for record in records if not record.outcome]
    counts = (seen.sent, seen.right, seen.refused, seen.lost, seen.wrong)
    return Phase(*counts, quantile(right, 0.50), quantile(right, 0.99), seen.slowest, seen.messages)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the least value that is not exceeded by this share of the values; infinity if there are no values."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else math.inf


FACTOR = 4.0  # limit of p99 under attack, in multiples of the p99 before
MOST_SECONDS = 1.0  # limit of p99 under attack
GROWTH, NOISE = 0.05, 4 << 20  # growth of memory that may remain: a share, or bytes
MEMORY_SECONDS = 60.0  # seconds after the attack
_MIB = 2**20


@dataclass(frozen=True)
class Memory:
    """Resident memory of one part of the node, in bytes."""

    before: int
    peak: int
    after: int

    @property
    def met(self) -> bool:
        return self.after <= self.before + max(GROWTH * self.before, NOISE)


def checks(
    groups: Mapping[str, Mapping[str, Phase]], memory: Mapping[str, Memory], restarts: Mapping[str, int]
) -> list[Check]:
    """Return every bound with its result.

    groups    group of honest clients -> phase
    memory    part of the node -> bytes
    restarts  part of the node -> number
    """
    demands = [check for group, phases in groups.items() for check in _of_group(group, phases)]
    again = ", ".join(f"{number} x {part}" for part, number in restarts.items() if number)
    demands.append(Check("restarts 0", again or "0", not again))
    return [*demands, *(_of_memory(part, bytes_) for part, bytes_ in memory.items())]


def _of_group(group: str, phases: Mapping[str, Phase]) -> Iterator[Check]:
    sent, right = (sum(getattr(phase, name) for phase in phases.values()) for name in ("sent", "right"))
    yield Check(f"{group}: all right", f"{right:,} of {sent:,}", right == sent)
    before, during = phases["before"].p99, phases["during"].p99
    measured = f"{1000 * during:.1f} ms, {during / before:.1f} times"
    yield Check(f"{group}: p99 <= {FACTOR:g} times before", measured, during <= FACTOR * before)
    yield Check(f"{group}: p99 < {MOST_SECONDS:g} s", f"{during:.2f} s", during < MOST_SECONDS)


def _of_memory(part: str, memory: Memory) -> Check:
    demand = f"{part}: memory back within {GROWTH:.0%} or {NOISE // _MIB} MiB after {MEMORY_SECONDS:.0f} s"
    return Check(demand, f"{memory.before / _MIB:,.0f} to {memory.after / _MIB:,.0f} MiB", memory.met)
