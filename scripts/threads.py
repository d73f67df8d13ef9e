"""Threads of PyTorch, set before it is loaded: also where nothing that trains is installed."""

import os


def wait_asleep() -> None:
    """Let PyTorch's threads wait asleep; it must not be loaded yet.

    That costs 8 % on an idle machine. Threads that spin triple the time where another program uses a core.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
