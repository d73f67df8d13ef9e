"""Policy of PyTorch's threads, set before PyTorch is imported. Also works if PyTorch is not installed."""

import os

_POLICY = "OMP_WAIT_POLICY"
_LOOK_SECONDS = 0.2
_MOST_BUSY = 5.0  # percent of all cores


def wait_asleep() -> None:
    """Make PyTorch's threads sleep while they wait. PyTorch must not be imported yet."""
    os.environ.setdefault(_POLICY, "PASSIVE")


def wait_for_training() -> None:
    """Make PyTorch's threads spin while they wait if the machine is idle, and sleep otherwise.

    PyTorch must not be imported yet. Spinning is faster on an idle machine, but three times slower on a busy one.
    """
    import psutil

    if _POLICY not in os.environ:
        os.environ[_POLICY] = "ACTIVE" if psutil.cpu_percent(_LOOK_SECONDS) <= _MOST_BUSY else "PASSIVE"
