"""Bounds in seconds, on a machine that is slower or runs other tests.

A bound is the product's own, on an idle machine. Tests allow ``PATIENCE`` times as long: they find what hangs or waits
for the wrong thing, and scripts/resilience measures the rest.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 5.0
_WORK, _PAUSE = 0.005, 0.1  # seconds of CPU for each look, and between two


@contextmanager
def watched() -> Iterator[Callable[[], float]]:
    """Yield a function that returns how many times longer work has taken since than on an idle core; at least 1."""
    over, spent = threading.Event(), [0.0, 0.0]  # wall time, CPU time

    def look() -> None:
        while not over.wait(_PAUSE):
            began, worked = time.monotonic(), time.thread_time()
            while time.thread_time() - worked < _WORK:
                pass
            spent[0] += time.monotonic() - began
            spent[1] += time.thread_time() - worked

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield lambda: max(1.0, spent[0] / spent[1]) if spent[1] else 1.0
    finally:
        over.set()
        thread.join()
