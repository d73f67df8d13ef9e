"""Bounds of an attack."""

from dataclasses import replace

from resilience.attacks.bounds import Memory, checks
from resilience.attacks.phases import Phase

CALM = Phase(sent=100, right=100, refused=0, lost=0, wrong=0, p50=0.003, p99=0.010, slowest=0.02, errors={})
MIB = 2**20
BACK = Memory(100 * MIB, 300 * MIB, 100 * MIB)


def missed(during: Phase, memory: Memory = BACK, restarts: int = 0) -> list[str]:
    found = checks(
        {"predictions": {"before": CALM, "during": during, "after": CALM}}, {"JVM": memory}, {"server": restarts}
    )
    return [check.demand for check in found if not check.met]


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
