"""Measurement of one attack on a node."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import memory
from resilience.attacks import bounds, processes
from resilience.attacks.attack import ClientAttack
from resilience.attacks.bounds import MEMORY_SECONDS, Memory, Phase, phases
from resilience.attacks.processes import Answers
from resilience.attacks.stage import Stage
from resilience.faults.fault import Check
from resilience.faults.node import NodeError
from serving.waiting import within

_LEAD = 1.0  # seconds of honest requests before the measurement
_LOOK = 2.0

Held = dict[str, int]


@dataclass(frozen=True)
class AttackOutcome:
    """Result of an attack.

    seconds  duration of each phase
    back     seconds from the end of the attack until memory was back, or until the last check
    """

    seconds: float
    answers: Answers
    others: Mapping[str, Mapping[str, Phase]]
    memory: Mapping[str, Memory]
    back: float
    restarts: Mapping[str, int]

    @property
    def checks(self) -> list[Check]:
        return bounds.checks(self.others, self.memory, self.restarts)

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON values."""
        return asdict(self) | {"checks": [check._asdict() for check in self.checks]}


def trial(stage: Stage, attack: ClientAttack, seconds: float) -> AttackOutcome:
    """Attack the node while honest clients send requests. Raises AttackError or NodeError."""
    stage.prepare(attack, seconds)
    first, counted = stage.pids(), stage.node.restarts()
    with (
        processes.asking(stage.service, stage.node.folder, attack) as records,
        memory.watched(stage.pids, time.monotonic(), NodeError) as samples,
    ):
        time.sleep(_LEAD)
        marks = [time.monotonic()]
        time.sleep(seconds)
        before = memory.resident(first)
        marks.append(time.monotonic())
        answers = stage.attacker.attack()
        marks.append(time.monotonic())
        time.sleep(seconds)
        marks.append(time.monotonic())
    after = _settled(stage, before, marks[2] + MEMORY_SECONDS)
    back = time.monotonic() - marks[2]
    peaks = {part: int(max([before[part], *(sample.get(part, 0) for sample in samples)])) for part in before}
    return AttackOutcome(
        seconds,
        answers,
        {group.value: phases(sent, marks) for group, sent in records.items()},
        {part: Memory(before[part], peaks[part], after.get(part, 0)) for part in before},
        round(back, 1),
        _restarts(stage, first, counted),
    )


def _settled(stage: Stage, before: Held, deadline: float) -> Held:
    """Return memory as soon as it is back, or at the deadline. Raises NodeError if a process is gone then."""
    after: Held = {}

    def is_back() -> bool:
        after.clear()
        with suppress(NodeError):  # a part is restarting
            after.update(memory.resident(stage.pids()))
        return bool(after) and all(Memory(before[part], 0, after.get(part, 0)).met for part in before)

    within(deadline - time.monotonic(), is_back, _LOOK)
    return after or memory.resident(stage.pids())


def _restarts(stage: Stage, first: Mapping[int, str], counted: Mapping[str, int]) -> dict[str, int]:
    """Return the counters of the supervisor, and the number of processes that have ended."""
    now, present = stage.node.restarts(), stage.pids()
    ended = [part for pid, part in first.items() if pid not in present]
    supervised = {part: now[part] - counted[part] for part in counted}
    return supervised | {part: ended.count(part) for part in ("workers", "playground")}
