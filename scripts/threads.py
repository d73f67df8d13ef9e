"""Threads of PyTorch, set before it is loaded: also where nothing that trains is installed."""

import os

_POLICY = "OMP_WAIT_POLICY"
_LOOK_SECONDS = 0.2
_MOST_BUSY = 5.0  # percent of all cores


def wait_asleep() -> None:
    """Let PyTorch's threads wait asleep; it must not be loaded yet."""
    os.environ.setdefault(_POLICY, "PASSIVE")


def wait_for_training() -> None:
    """Let PyTorch's threads wait awake if the machine is idle, otherwise asleep; it must not be loaded yet.

    Threads that spin train faster on an idle machine, and take three times as long where another program uses a core.
    """
    import psutil

    if _POLICY not in os.environ:
        os.environ[_POLICY] = "ACTIVE" if psutil.cpu_percent(_LOOK_SECONDS) <= _MOST_BUSY else "PASSIVE"
