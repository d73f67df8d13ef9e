"""Polling of a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, condition: Callable[[], T], poll: float = 0.02) -> T:
    """Test a condition every ``poll`` s until it is true, for ``seconds`` at most; return its last value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() <= deadline:
        time.sleep(poll)
    return value
