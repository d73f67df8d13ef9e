"""Long batches are computed in parts, one for each core."""

import time

from inference.declared.shares import Shares


def slow(part: slice) -> slice:
    time.sleep(0.002)
    return part


def bounds(parts: list[slice]) -> list[tuple[int, int]]:
    return [(part.start, part.stop) for part in parts]


def test_a_batch_that_takes_long_is_divided_once_that_is_known() -> None:
    shares = Shares(cores=4)
    whole = [bounds(shares.run(slow, 8, 100)) for _ in range(3)]
    assert whole == [[(0, 8)]] * 3
    assert bounds(shares.run(slow, 8, 100)) == [(0, 2), (2, 4), (4, 6), (6, 8)]
    assert bounds(shares.run(slow, 9, 100)) == [(0, 3), (3, 6), (6, 9)]
    assert bounds(shares.run(slow, 2, 100)) == [(0, 2)], "the duration of two examples is not known yet"


def test_a_short_batch_stays_whole_though_the_first_ones_were_slow() -> None:
    shares = Shares(cores=4)
    for compute in (slow, slow, lambda part: part, slow, slow):
        assert bounds(shares.run(compute, 8, 100)) == [(0, 8)]


def test_one_example_stays_whole() -> None:
    shares = Shares(cores=4)
    for _ in range(5):
        assert bounds(shares.run(slow, 1, 100)) == [(0, 1)]


def test_no_more_examples_than_allowed_are_computed_at_once() -> None:
    assert bounds(Shares(cores=4).run(slow, 8, 3)) == [(0, 3), (3, 6), (6, 8)]
    assert Shares(cores=4).run(slow, 0, 3) == []
