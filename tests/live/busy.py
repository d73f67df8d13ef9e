"""Time bounds for a machine that is slow or runs other tests.

A bound is the bound of the product on an idle machine. Tests allow ``PATIENCE`` times as long: they find programs
that hang or wait for the wrong event. scripts/resilience measures the real times.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 5.0
_WORK, _PAUSE = 0.005, 0.1  # CPU seconds of each measurement, and the pause between two


@contextmanager
def watched() -> Iterator[Callable[[], float]]:
    """Yield a function that returns how many times slower than on an idle core work is since the start; at least 1."""
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
