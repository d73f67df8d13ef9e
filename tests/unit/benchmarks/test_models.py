"""The report on the cost of many models."""

from typing import Any

import pytest

from benchmarks.models import costs, report


def row(jvm: float) -> dict[str, float]:
    return {"rate": 1000.0, "p50": 1.0, "p99": 4.0, "jvm": jvm, "worker": 30.0, "gateway": 20.0, "clients": 9.0}


def start(count: int) -> dict[str, object]:
    parts = {"jvm": 300, "worker": 50 * count, "gateway": 10}
    return {"first": 2.0, "every": 2.0 + count, "memory": {part: {"pss": size << 20} for part, size in parts.items()}}


FOUND: dict[str, Any] = {
    "machine": {"cores": "2", "processor": "fast"},
    "starts": {str(count): [start(count)] * 3 for count in (1, 5, 20)},
    "requests": {"1": [row(50.0)] * 4, "20": [row(51.0), row(52.0), row(53.0), row(54.0)]},
}


def test_the_cost_of_a_request_is_a_share_of_what_it_takes_of_one_model() -> None:
    assert costs(FOUND["requests"]) == pytest.approx([0.01, 0.02, 0.03, 0.04])


def test_the_section_has_starts_memory_and_the_verdict() -> None:
    text = report(FOUND).replace("\n", " ")
    assert "| 20 | 2.0 s | 22.0 s | 300 MiB | 1000 MiB | 10 MiB |" in text
    assert "the processor time of a request changes by +2.5%" in text
    assert "at most 5%: met." in text
    slower = FOUND | {"requests": FOUND["requests"] | {"20": [row(60.0)] * 4}}
    assert "at most 5%: **missed**." in report(slower).replace("\n", " ")
