"""Polling of a condition."""

import time
from collections.abc import Callable


def within(seconds: float, condition: Callable[[], object], poll: float = 0.02) -> bool:
    """Return whether the condition holds within so many seconds; it is tested every ``poll`` seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll)
    return True
