"""Results of wrk, and the bounds of overload and endurance."""

import json

import pytest

from resilience.faults import flow, memory_soak, overload
from resilience.faults.fault_figures import figures
from resilience.faults.flow import Flow


def _flow(right: int, refused: int, *, slow: int = 900, errors: int = 0, sent: int = 2000) -> Flow:
    """Return a flow of ten seconds."""
    none: dict[str, list[list[int]]] = {"took": [], "seconds": []}
    summary = {
        "duration": 10_000_000,
        "kinds": {
            "right": {"took": [[5, right]], "seconds": [[0, right]]},
            "refused": {"took": [[slow, refused]], "seconds": [[1, refused]]},
            "wrong": none,
            "other": none,
        },
        "late": [[0, sent]],
        "errors": errors,
        "sample": "",
    }
    return Flow.parse(f"Running 10s test\n{json.dumps(summary)}\n")


def test_what_wrk_printed_is_read() -> None:
    measured_flow = _flow(1000, 500, errors=2)
    assert (
        measured_flow.rate("right"),
        measured_flow.count("refused"),
        measured_flow.most("refused"),
        measured_flow.errors,
    ) == (100, 500, 0.9, 2)
    with pytest.raises(ValueError, match="no figures"):
        Flow.parse("unable to connect")


def test_requests_beside_the_steady_load_count_as_well() -> None:
    total = _flow(1000, 500, errors=2).added(figures([], 0.0))
    assert (total.sent, total.right, total.refused, total.lost, total.wrong) == (1502, 1000, 500, 2, 0)
    assert total.refusal == 0.9


def test_a_percentile_is_the_least_that_so_many_do_not_exceed() -> None:
    assert [flow.percentile({1: 50, 7: 49, 90: 1}, percent) for percent in (50, 99, 100)] == [1, 7, 90]
    assert flow.percentile({}, 99) == 0


@pytest.mark.parametrize(
    ("measured_flow", "missed"),
    [
        (_flow(950, 1000), []),
        (_flow(850, 1000), ["goodput"]),
        (_flow(950, 1000, slow=1100), ["refused"]),
        (_flow(950, 1000, errors=1), ["lost"]),
        (_flow(950, 500, sent=1500), ["twice"]),
    ],
)
def test_too_many_requests_may_cost_a_tenth_of_the_peak(measured_flow: Flow, missed: list[str]) -> None:
    demands = [check.demand.split()[0] for check in overload.checks(measured_flow, (100.0, 100.0)) if not check.met]
    assert demands == missed


def test_memory_grows_by_the_line_through_the_last_two_thirds() -> None:
    filling = [(float(second), 10.0 * second) for second in range(30)]
    later = [(float(second), 300.0 + second) for second in range(30, 90)]
    growth, memory = memory_soak.growth(filling + later)
    assert (round(growth), round(memory)) == (59, 360)
