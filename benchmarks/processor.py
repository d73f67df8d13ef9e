"""The processor time that parts of a service take, and the clients that ask it."""

import resource
from collections.abc import Mapping

import psutil


def spent(parts: Mapping[int, str]) -> dict[str, float]:
    """Seconds so far, in user and in system mode, of each part by its processes, and of ``clients`` that have ended.

    Clients are this process's children, as wrk is.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = dict.fromkeys(parts.values(), 0.0) | {"clients": ended.ru_utime + ended.ru_stime}
    for pid, part in parts.items():
        seconds[part] += sum(psutil.Process(pid).cpu_times()[:2])
    return seconds


def per_answer(before: Mapping[str, float], after: Mapping[str, float], answers: int) -> dict[str, float]:
    """Microseconds of each part that one answer took."""
    return {part: 1e6 * (seconds - before[part]) / answers for part, seconds in after.items()}
