"""Polling of a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, condition: Callable[[], T], poll: float = 0.02, in_a_row: int = 1) -> T:
    """Return the condition's first true value, or its last within so many seconds; it is tested every ``poll`` s.

    in_a_row  number of true values, one after another, of which the last is returned
    """
    deadline, left = time.monotonic() + seconds, in_a_row
    while True:
        value = condition()
        left = left - 1 if value else in_a_row
        if not left or (not value and time.monotonic() > deadline):
            return value
        time.sleep(poll)
