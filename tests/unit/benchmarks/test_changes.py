"""The section on requests during changes of a node: its table, its pass criteria, and the comparison of answers."""

from typing import Any

import pytest

from benchmarks import changes
from benchmarks.changes import TimedChange
from benchmarks.h2load import TimedAnswer
from benchmarks.load import LoadToolError


def measured(during: float) -> dict[str, Any]:
    add = {"before": 4.0, "during": during, "seconds": 1.2}
    return {
        "machine": {"cores": "2", "processor": "a processor"},
        "capacity": 10_000.0,
        "rates": {"closed": 0.0, "open": 4000.0},
        "figures": {"closed": {"add": [add, add | {"before": 8.0, "seconds": 3.4}]}, "open": {"add": [add]}},
    }


@pytest.mark.parametrize(("during", "growth", "met"), [(8.0, "1.50 x", True), (16.0, "3.00 x", False)])
def test_p99_may_double(during: float, growth: str, *, met: bool) -> None:
    closed, paced = changes.targets(measured(during))
    assert (closed.measured, closed.met) == (f"{growth}: {during:.1f} ms against 6.0 ms", met)
    assert "at 8 clients" in closed.words
    assert "at 4,000 requests/s" in paced.words


def test_the_section_has_each_change_at_each_load() -> None:
    text = changes.section(measured(8.0))
    assert "| 8 clients | add | 6.00 | 8.00 | 1.50x | 1.0 to 2.0 | 3.4 s |" in text
    assert "| 4,000 requests/s | add | 4.00 | 8.00 | 2.00x | 2.0 to 2.0 | 1.2 s |" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 120


def test_a_change_is_compared_with_the_seconds_before_it() -> None:
    quiet = [TimedAnswer(100.0 + 0.01 * number, 1.0) for number in range(1000)]
    slow = [TimedAnswer(105.0 + 0.01 * number, 9.0) for number in range(20)]
    change = TimedChange("add", began=105.0, ended=106.0)
    assert change.compared(quiet + slow) == {"before": 1.0, "during": 9.0, "seconds": 1.0}
    with pytest.raises(LoadToolError, match="no request"):
        change.compared([])
