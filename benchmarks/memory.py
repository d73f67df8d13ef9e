"""How much memory a running server holds."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import psutil


def by_part(pids: Mapping[int, str]) -> dict[str, dict[str, int]]:
    """Part (``worker``, ``jvm``) -> its number of processes and their bytes.

    rss  resident; pages that processes share are counted in each
    pss  resident; a shared page is divided among those who share it, so these may be added
    uss  what would be free if the process ended
    """
    parts: dict[str, dict[str, int]] = defaultdict(lambda: {"processes": 0, "rss": 0, "pss": 0, "uss": 0})
    for pid, part in pids.items():
        try:
            held: Any = psutil.Process(pid).memory_full_info()
        except psutil.NoSuchProcess:  # a helper that ended since it was listed
            continue
        for name, amount in {"processes": 1, "rss": held.rss, "pss": held.pss, "uss": held.uss}.items():
            parts[part][name] += amount
    return dict(parts)


def resident(pids: Mapping[int, str]) -> dict[str, int]:
    """Part -> bytes resident, without the cost of walking its pages."""
    parts: dict[str, int] = defaultdict(int)
    for pid, part in pids.items():
        parts[part] += psutil.Process(pid).memory_info().rss
    return dict(parts)
