"""Processor time of the parts of a service and of its clients."""

import resource
from collections.abc import Mapping

import psutil

from benchmarks import load
from benchmarks.load import Load


def spent(parts: Mapping[int, str]) -> dict[str, float]:
    """Return part -> seconds of processor time so far, in user and system mode.

    parts  process id -> part; the part ``clients`` is added: ended children of this process, such as wrk
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
    """Return part -> microseconds of processor time per answer."""
    return {part: 1e6 * (seconds - before[part]) / answers for part, seconds in after.items()}
