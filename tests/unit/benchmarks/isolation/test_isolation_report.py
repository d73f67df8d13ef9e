"""The report on isolation: its table, and its pass criteria."""

from typing import Any

from benchmarks.isolation import isolation_report
from model.explanations import METHODS

MACHINE = {"cores": "2", "processor": "a processor"}


def measured(growth: float = 1.1, gradients: float = 12.0) -> dict[str, Any]:
    single = {name: {"p50": 10.0, "p99": 20.0, "most": 30.0} for name in METHODS}
    single["integrated_gradients"]["p50"] = gradients
    quiet = {"p50": 1.0, "p99": 4.0, "rate": 5000.0, "paced_p50": 1.5, "paced_p99": 3.0, "paced_most": 9.0}
    busy = quiet | {"p99": 4.0 * growth, "paced_p99": 3.0 * growth}
    return {
        "title": "a registration of its own",
        "first_ms": 2000.0,
        "memory": {"before": 50 << 20, "after": 600 << 20},
        "methods": single,
        "most": single,
        "slowest": "lime",
        "pace": 100,
        "predictions": {"none": quiet, "default": busy, "most": busy},
    }


def test_targets_are_met_or_missed_as_measured() -> None:
    assert [target.met for target in isolation_report.targets(measured())] == [True, True, True]
    assert [target.met for target in isolation_report.targets(measured(growth=2.5, gradients=21.0))] == [
        False,
        False,
        True,
    ]


def test_the_report_has_every_arrangement_and_says_what_is_missed() -> None:
    text = isolation_report.write({"shared": measured(), "nice": measured(growth=3.0)}, MACHINE, "a command")
    assert "a command" in text
    assert text.count("| a registration of its own |") == 6
    assert "lime, default samples | 1.00 | 12.0 | 3.00x |" in text
    assert "**missed**" in text
    assert "2,000 ms" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 120
