"""The processor time that parts of a service take, and the clients that ask it."""

import resource
from collections.abc import Mapping

import psutil

from benchmarks import load
from benchmarks.load import Load


def spent(parts: Mapping[int, str]) -> dict[str, float]:
    """Seconds so far, in user and in system mode, of each part by its processes, and of ``clients`` that have ended.

    Clients are this process's children, as wrk is.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = dict.fromkeys(parts.values(), 0.0) | {"clients": ended.ru_utime + ended.ru_stime}
    for pid, part in parts.items():
        seconds[part] += sum(psutil.Process(pid).cpu_times()[:2])
    return seconds


def measured(checked: Load, clients: int, seconds: float, parts: Mapping[int, str]) -> dict[str, float]:
    """Return the rate and latencies of a load, and ``per_answer``. Raises LoadToolError for a wrong answer."""
    before = spent(parts)
    result = load.measure_right(checked, clients, seconds)
    figures = {name: getattr(result, name) for name in ("rate", "p50", "p99")}
    return figures | per_answer(before, spent(parts), result.requests)


def per_answer(before: Mapping[str, float], after: Mapping[str, float], answers: int) -> dict[str, float]:
    """Microseconds of each part that one answer took."""
    return {part: 1e6 * (seconds - before[part]) / answers for part, seconds in after.items()}
