"""The synthetic results, calculated by hand: the median round of each server has the rates of its table."""

import pytest

from benchmarks import sections, soak
from benchmarks.comparison import arithmetic_limit, fastest
from benchmarks.contender import Role
from benchmarks.results import Results
from benchmarks.summary import Spread, Summary, summarise
from benchmarks.targets import Target, targets
from tests.unit.benchmarks import synthetic


@pytest.fixture
def summary(results: Results) -> Summary:
    computed = summarise(results)
    assert computed
    return computed


def _target(stated: list[Target], words: str) -> Target:
    matches = [target for target in stated if words in target.words]
    assert len(matches) == 1
    return matches[0]


@pytest.mark.parametrize(
    ("words", "measured", "met"),
    [
        ("raw bytes: 3.5 x the best peer", "3.00 x: 9,000/s", False),
        ("15 x stock", "15.00 x: 9,000/s", True),
        ("3 x the best peer's JSON", "2.40 x: 6,000/s", False),
        ("128 clients", "1.11 x: 10,000/s", True),
        ("8 clients: 1.2 x", "1.60 x: 4,000/s", True),
        ("1 client, raw bytes", "2.00 ms (this service, raw bytes) against 1.00 ms", False),
        ("1 client, Open Inference Protocol", "2.50 ms (this service, Open Inference Protocol) against 5.00 ms", True),
        ("40 % of the arithmetic limit", "50 %: 102,400 of 204,800 images/s", True),
        ("8 x the best peer's single images", "34.13 x: 102,400/s", True),
        ("p99 at most 3 x p50", "2.00 x: 14.2 ms and 7.1 ms", True),
    ],
)
def test_each_target_is_computed(summary: Summary, words: str, measured: str, *, met: bool) -> None:
    target = _target(targets(summary), words)
    assert target.measured.startswith(measured)
    assert target.met is met


def test_a_target_is_open_while_a_figure_is_missing(results: Results) -> None:
    for name in ("fastapi", "mlserver", "torchserve"):
        results.forget(name)
    summary = summarise(results)
    assert summary
    assert _target(targets(summary), "raw bytes: 3.5 x the best peer").met is None


def test_median_and_spread_are_of_the_rounds(summary: Summary) -> None:
    best = fastest(summary, Role.PEER, 64)
    assert best
    assert (best.competitor.name, best.kind) == ("fastapi", "raw")
    assert best.figures.rate == Spread(3000, 2700, 3600)
    assert arithmetic_limit(summary) == 204_800


def test_a_failed_measurement_is_named_and_in_no_median(results: Results) -> None:
    results.put("rounds/3/fastapi/raw-64", vars(synthetic.measurement(9999, 64, wrong=5)))
    summary = summarise(results)
    assert summary
    (fastapi,) = (competitor for competitor in summary.competitors if competitor.name == "fastapi")
    measurement = fastapi.at("raw", 64)
    assert measurement
    assert (measurement.rounds, measurement.rate) == (2, Spread(2850, 2700, 3000))
    assert fastapi.failures[0].startswith("round 3, raw, 64 clients: of 79992 answers 5 wrong")


@pytest.mark.parametrize(("growth", "flat"), [(1.0, True), (1.2, False)])
def test_a_soak_tells_whether_memory_grew(results: Results, growth: float, *, flat: bool) -> None:
    synthetic.put_soak(results, growth, minutes=10)
    stated = sections.targets(sections.extras(results))
    assert _target(stated, "memory flat").met is flat
    assert _target(stated, "no failure").met is True


def test_a_soak_that_was_too_short_meets_nothing(results: Results) -> None:
    synthetic.put_soak(results, minutes=2)
    content = results.get("soak")
    assert content
    assert [target.met for target in soak.targets(content)] == [None, None]


def test_a_failure_in_a_soak_is_a_miss(results: Results) -> None:
    synthetic.put_soak(results, wrong=1, minutes=2)
    content = results.get("soak")
    assert content
    assert soak.targets(content)[0].met is False
