"""Polling of a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, condition: Callable[[], T], poll: float = 0.02) -> T:
    """Return the condition's first true value, or its last within so many seconds; it is tested every ``poll`` s."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() <= deadline:
        time.sleep(poll)
    return value
