"""Numbers of nodes and costs: the page follows from the present figures."""

import pytest

from benchmarks import capacity
from benchmarks.capacity import CapacityPlan
from benchmarks.results import Results
from benchmarks.summary import Summary, summarise
from training.reports.markdown import section

RATE = 10_000.0  # predictions a second


def test_nodes_carry_the_load_with_one_to_spare() -> None:
    plan = CapacityPlan(utilisation=0.5)
    assert plan.nodes(RATE, 100) == 3
    assert plan.nodes(RATE, 50_000) == 11
    assert plan.nodes(RATE, 50_001) == 12


def test_an_hour_at_the_planned_rate_costs_its_price() -> None:
    plan = CapacityPlan(utilisation=0.5, price=2.0)
    millions = 0.5 * RATE * 3600 / 1e6
    assert plan.hours(RATE) * millions == pytest.approx(1.0)


def test_many_images_in_a_request_count_each(results: Results) -> None:
    summary = summarise(results)
    assert summary
    many = capacity.best(summary)["1,024 images, raw bytes"]
    assert (many.rate, many.images) == (100, 1024 * 100)


def test_the_page_is_what_the_figures_give() -> None:
    page = capacity.OPERATIONS.read_text()
    assert section(page, "capacity", capacity.section(Summary.read(capacity.PERFORMANCE), CapacityPlan())) == page, (
        f"run {capacity.COMMAND} --write"
    )
