"""Answers by phase."""

import math

from resilience.attacks.phases import phases, quantile
from resilience.cluster.clients import FAILED, REFUSED, Record


def test_requests_count_in_the_phase_in_which_they_were_due() -> None:
    records = [
        Record(0.5, 9.0, ""),
        Record(1.0, 0.2, f"{REFUSED}: 503"),
        Record(2.5, 0.1, f"{FAILED}: no"),
        Record(3.0, 1, ""),
    ]
    found = phases(records, (0.0, 1.0, 2.0, 3.0))
    assert [(name, phase.sent) for name, phase in found.items()] == [("before", 1), ("during", 1), ("after", 1)]
    assert (found["before"].right, found["during"].refused, found["after"].lost) == (1, 1, 1)
    assert (found["before"].p99, found["during"].p99) == (9.0, math.inf)


def test_quantiles_are_values() -> None:
    values = [float(value) for value in range(1, 201)]
    assert (quantile(values, 0.5), quantile(values, 0.99)) == (100.0, 198.0)
    assert quantile([3.0], 0.99) == 3.0
