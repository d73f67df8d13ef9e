"""Answers by phase, and the bounds of an attack."""

import math
from dataclasses import replace

from resilience.attacks.bounds import Memory, Phase, checks, phases, quantile
from resilience.cluster.clients import FAILED, REFUSED, Record


def test_requests_count_in_the_phase_in_which_they_were_due() -> None:
    records = [
        Record(0.5, 9.0, ""),
        Record(1.0, 0.2, f"{REFUSED}: 503"),
        Record(2.5, 0.1, f"{FAILED}: no"),
        Record(3.0, 1, ""),
    ]
    by_phase = phases(records, (0.0, 1.0, 2.0, 3.0))
    assert [(name, phase.sent) for name, phase in by_phase.items()] == [("before", 1), ("during", 1), ("after", 1)]
    assert (by_phase["before"].right, by_phase["during"].refused, by_phase["after"].lost) == (1, 1, 1)
    assert (by_phase["before"].p99, by_phase["during"].p99) == (9.0, math.inf)


def test_quantiles_are_values() -> None:
    values = [float(value) for value in range(1, 201)]
    assert (quantile(values, 0.5), quantile(values, 0.99)) == (100.0, 198.0)
    assert quantile([3.0], 0.99) == 3.0


CALM = Phase(sent=100, right=100, refused=0, lost=0, wrong=0, p50=0.003, p99=0.010, slowest=0.02, errors={})
MIB = 2**20
BACK = Memory(100 * MIB, 300 * MIB, 100 * MIB)


def missed(during: Phase, memory: Memory = BACK, restarts: int = 0) -> list[str]:
    results = checks(
        {"predictions": {"before": CALM, "during": during, "after": CALM}}, {"JVM": memory}, {"server": restarts}
    )
    return [check.demand for check in results if not check.met]


def test_nothing_is_missed_where_nothing_changes() -> None:
    assert missed(CALM) == []


def test_every_answer_must_be_right() -> None:
    assert missed(replace(CALM, right=99, refused=1)) == ["predictions: all right"]


def test_p99_is_compared_with_the_time_before() -> None:
    assert missed(replace(CALM, p99=0.040)) == []
    assert missed(replace(CALM, p99=0.041)) == ["predictions: p99 <= 4 times before"]


def test_p99_is_under_a_second() -> None:
    slow = replace(CALM, p99=1.0)
    assert missed(slow) == ["predictions: p99 <= 4 times before", "predictions: p99 < 1 s"]


def test_memory_comes_back() -> None:
    assert missed(CALM, Memory(100 * MIB, 300 * MIB, 105 * MIB)) == []
    assert missed(CALM, Memory(20 * MIB, 300 * MIB, 24 * MIB)) == []
    assert len(missed(CALM, Memory(100 * MIB, 300 * MIB, 106 * MIB))) == 1


def test_nothing_restarts() -> None:
    assert missed(CALM, restarts=1) == ["restarts 0"]
