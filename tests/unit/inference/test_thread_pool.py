"""Threads that work on a list, and give the results in its order."""

import threading
from collections.abc import Sequence

import pytest

from inference.thread_pool import ThreadPool


@pytest.mark.parametrize("cores", [1, 2, 4, 64])
@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_results_are_in_the_order_of_the_items(cores: int, count: int) -> None:
    assert ThreadPool(cores).map(str, range(count)) == list(map(str, range(count)))


def test_two_items_are_worked_on_at_once() -> None:
    both = threading.Barrier(2)
    ThreadPool(2).map(lambda _: both.wait(10), range(2))


@pytest.mark.parametrize(("cores", "most"), [(1, 1), (3, 3), (64, 4)])
def test_there_are_as_many_threads_as_cores_and_four_at_most(cores: int, most: int) -> None:
    waiting = threading.Semaphore(0)

    def work(_: int) -> str:
        waiting.acquire(timeout=0.01)
        return threading.current_thread().name

    pool = ThreadPool(cores)
    names: set[str] = set()
    for _ in range(20):
        names |= set(pool.map(work, range(12)))
    assert len(names) == most


def test_what_one_item_raises_is_raised_when_all_have_ended() -> None:
    finished: list[int] = []

    def work(item: int) -> None:
        if item == 1:
            raise ValueError("one")
        finished.append(item)

    items: Sequence[int] = range(10)
    with pytest.raises(ValueError, match="one"):
        ThreadPool(2).map(work, items)
    assert set(finished) <= set(items)
