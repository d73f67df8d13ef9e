"""Processor cores."""

import os
from pathlib import Path

_LIMIT = Path("/sys/fs/cgroup/cpu.max")  # CPU limit of a container, with control groups of version 2


def available() -> int:
    """Return the number of cores that this process may use, at least 1. The limit of a container is rounded down."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _limit(cores)))


def _limit(cores: int) -> int:
    """Return the number of cores that the CPU limit of the container allows, or ``cores`` if it sets no limit."""
    try:
        time, period = _LIMIT.read_text().split()
        return int(time) // int(period)
    except (OSError, ValueError):  # no such file, or "max"
        return cores
