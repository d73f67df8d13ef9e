"""Processor cores."""

import os
from pathlib import Path

_LIMIT = Path("/sys/fs/cgroup/cpu.max")  # of a container, with control groups of version 2


def available() -> int:
    """Return the number of cores that this process may use, at least 1: a container's limit is rounded down."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _limit(cores)))


def _limit(cores: int) -> int:
    """Return the cores that a container's limit of processor time allows; all of them if there is none."""
    try:
        time, period = _LIMIT.read_text().split()
        return int(time) // int(period)
    except (OSError, ValueError):  # no such file, or "max"
        return cores
