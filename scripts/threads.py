"""Threads of PyTorch, set before it is loaded: also where nothing that trains is installed."""

import os
import time
from pathlib import Path

_POLICY = "OMP_WAIT_POLICY"
_STAT = Path("/proc/stat")
_LOOK_SECONDS = 0.2
_MOST_BUSY = 0.05  # share of all cores


def wait_asleep() -> None:
    """Let PyTorch's threads wait asleep; it must not be loaded yet."""
    os.environ.setdefault(_POLICY, "PASSIVE")


def wait_for_training() -> None:
    """Let PyTorch's threads wait awake if the machine is idle, otherwise asleep; it must not be loaded yet.

    Threads that spin train faster on an idle machine, and take three times as long where another program uses a core.
    """
    if _POLICY not in os.environ:
        os.environ[_POLICY] = "ACTIVE" if busy(_STAT, _LOOK_SECONDS) <= _MOST_BUSY else "PASSIVE"


def busy(stat: Path, seconds: float) -> float:
    """Return the share of all cores' time that is in use during some seconds, 0..1; 1 where the system does not say.

    stat  /proc/stat, of Linux
    """
    try:
        before = times(stat)
        time.sleep(seconds)
        return share(before, times(stat))
    except OSError:
        return 1.0


def share(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Return the share of the cores' time between two results of ``times`` that was in use, 0..1."""
    idle, total = (later - earlier for earlier, later in zip(before, after, strict=True))
    return 1.0 - idle / total if total else 1.0


def times(stat: Path) -> tuple[int, int]:
    """Return the idle time and the whole time of all cores, in ticks."""
    with stat.open() as file:
        user, nice, system, idle, waiting, *rest = map(int, file.readline().split()[1:9])
    return idle + waiting, user + nice + system + idle + waiting + sum(rest)
