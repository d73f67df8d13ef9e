"""The scaling rule for workers, on traces."""

import os
from collections.abc import Callable

import pytest

from serving.changes.rule import Rule, Sample, most_workers

RULE = Rule(least=1, most=3, slow=0.1, queue=64, up=3.0, down=60.0)
BUSY, CALM, BETWEEN = 0.2, 0.01, 0.07  # seconds of latency


def trace(*parts: tuple[float, float], workers: int = 1, pending: int = 0) -> list[Sample]:
    """Return samples every half second, for this many seconds with this latency."""
    latencies = [latency for seconds, latency in parts for _ in range(int(seconds * 2))]
    return [Sample(index / 2, workers, pending, latency) for index, latency in enumerate(latencies)]


@pytest.mark.parametrize(
    ("samples", "workers"),
    [
        (trace((10, BETWEEN), workers=2), 2),
        (trace((2, BUSY)), 1),  # not long enough
        (trace((60, CALM), (4, BUSY)), 2),
        (trace((60, CALM), (1, BUSY), (60, CALM)), 1),  # starts again
        (trace((60, CALM), (4, CALM), pending=65), 2),  # the queue shows it, too
        (trace((60, BUSY), workers=3), 3),  # the most workers allowed
        (trace((30, CALM), workers=2), 2),  # not long enough
        (trace((62, CALM), workers=2), 1),
        (trace((62, CALM), workers=3), 2),  # one at a time
        (trace((62, CALM), workers=2, pending=33), 2),  # one worker would exceed the queue limit of two
        (trace((62, CALM), workers=3, pending=65), 3),  # two workers would exceed the queue limit of three
        (trace((62, CALM), workers=1), 1),  # the fewest workers allowed
        (trace((40, CALM), (1, BUSY), (21, CALM), workers=2), 1),  # one noisy sample
        (trace((1, CALM), workers=5), 3),
    ],
)
def test_how_many_workers_are_wanted(samples: list[Sample], workers: int) -> None:
    assert RULE.wanted(samples) == workers


@pytest.mark.parametrize(("processors", "workers"), [(1, 4), (2, 4), (3, 6), (8, 16)])
def test_a_machine_has_two_workers_for_each_processor(
    monkeypatch: pytest.MonkeyPatch, processors: int, workers: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
    assert most_workers() == workers


def test_what_was_before_the_number_changed_does_not_count() -> None:
    busy = trace((10, BUSY))
    after = [Sample(busy[-1].time + 0.5 * look, 2, 0, BUSY) for look in range(1, 6)]
    assert RULE.wanted(busy) == 2
    assert RULE.wanted(busy + after) == 2
    longer = [Sample(after[-1].time + 0.5 * look, 2, 0, BUSY) for look in range(1, 6)]
    assert RULE.wanted(busy + after + longer) == 3


@pytest.mark.parametrize(
    ("samples", "workers"),
    [
        (trace((10, RULE.slow)), 1),
        (trace((10, RULE.slow + 0.001)), 2),
        (trace((10, CALM), pending=64), 1),
        (trace((62, RULE.slow / 2), workers=2), 2),
        (trace((62, RULE.slow / 2 - 0.001), workers=2), 1),
        (trace((62, CALM), workers=2, pending=32), 1),
        (trace((62, CALM), workers=3, pending=64), 2),
        (trace((3, BUSY)), 1),  # the first and the last sample are 2.5 seconds apart
        (trace((3.5, BUSY)), 2),  # 3 seconds
        ([Sample(1, 1, 0, 9.0), Sample(2, 1, 0, CALM), Sample(4, 1, 0, 0.15)], 2),  # the sample of 3 seconds ago counts
        ([Sample(0.9, 1, 0, 9.0), Sample(2, 1, 0, CALM), Sample(4, 1, 0, 0.15)], 1),
        ([Sample(0, 0, 0, CALM)], 1),
    ],
)
def test_a_bound_itself_changes_nothing(samples: list[Sample], workers: int) -> None:
    assert RULE.wanted(samples) == workers


def test_up_to_its_least_and_most_a_number_may_stay() -> None:
    assert [Rule(2, 2).wanted(trace((100, latency), workers=2)) for latency in (BUSY, CALM)] == [2, 2]


def test_a_sample_is_reported_in_milliseconds() -> None:
    assert str(Sample(0, 1, 7, 0.0123)) == "7 wait, an answer takes 12 ms"


def test_a_load_that_one_worker_can_just_not_bear_does_not_make_the_number_swing() -> None:
    """The latency is too high with one worker, and a little over half of it with two, so two workers stay."""
    assert changed(lambda workers, _: 0.11 / workers, seconds=600) == [2]


def test_a_load_that_comes_and_goes_is_followed() -> None:
    assert changed(lambda _, now: BUSY if now % 300 < 3 else CALM, seconds=600) == [2, 1, 2, 1]


def changed(latency: Callable[[int, float], float], seconds: float) -> list[int]:
    """Return the numbers of workers that a rule sets. The latency depends on the workers and the time."""
    workers, samples, changes = 1, list[Sample](), list[int]()
    for now in range(int(seconds)):
        samples.append(Sample(now, workers, 0, latency(workers, now)))
        if (target := RULE.wanted(samples)) != workers:
            workers = target
            changes.append(workers)
    return changes
