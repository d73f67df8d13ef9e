"""Threads that work on one batch in parallel. Image decoders and graphs release the global interpreter lock (GIL)."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_MOST = 4  # threads: each may hold a decoded image

T = TypeVar("T")
R = TypeVar("R")


class ThreadPool:
    """The calling thread and helpers, one per core and at most four threads in all, that process a list.

    The helpers start with the first work.
    """

    def __init__(self, cores: int) -> None:
        self._helpers = min(cores, _MOST) - 1
        self._pool = ThreadPoolExecutor(max(1, self._helpers), thread_name_prefix="batch")

    def map(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Return the results of ``work`` in the order of the items. Its error is raised after all threads ended."""
        left = deque(enumerate(items))
        results: dict[int, R] = {}

        def take() -> None:
            while left:
                try:
                    index, item = left.popleft()
                except IndexError:  # another thread took the last one
                    return
                results[index] = work(item)

        helpers = [self._pool.submit(take) for _ in range(min(self._helpers, len(items) - 1))]
        try:
            take()
        finally:
            for helper in helpers:
                helper.result()
        return [results[index] for index in range(len(items))]
