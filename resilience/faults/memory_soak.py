"""Long load, to check that memory does not grow."""

import time
from collections.abc import Sequence
from statistics import linear_regression, median

from benchmarks import memory
from resilience.faults.fault import Bounds, Check, FaultOutcome
from resilience.faults.fault_figures import figures
from resilience.faults.flow import RequestLoad, flow, raw
from resilience.faults.node import Node, NodeError

_CLIENTS, _WARM_SECONDS = 16, 20
_FLAT, _NOISE = 0.05, 4 << 20  # allowed growth: a share of the memory of a part, or bytes

Points = Sequence[tuple[float, float]]  # (seconds, bytes)


def soak(seconds: int, node: Node) -> FaultOutcome:
    """Load the node for ``seconds``."""
    flow(node, raw(), RequestLoad(_CLIENTS, _WARM_SECONDS))
    began = time.monotonic()
    with node.load() as records, memory.watched(node.pids, began, NodeError) as samples:
        seen = flow(node, raw(), RequestLoad(_CLIENTS, seconds))
    measured = seen.added(figures(records, time.monotonic()))  # there was no fault to recover from
    demanded = [
        *Bounds().checks(measured),
        *(_check(part, points) for part, points in memory.by_time(samples).items()),
    ]
    return FaultOutcome(measured, demanded, {"clients": _CLIENTS, "seconds": seconds, "memory": samples})


def growth(points: Points) -> tuple[float, float]:
    """Return the growth in bytes by a line through the last two thirds of the points, and their median."""
    times, sizes = zip(*points[len(points) // 3 :], strict=True)
    return linear_regression(times, sizes).slope * (times[-1] - times[0]), median(sizes)


def _check(part: str, points: Points) -> Check:
    grown, size = growth(points)
    most = max(_FLAT * size, _NOISE)
    demand = f"the {part}'s memory grows by {_FLAT:.0%} or {_NOISE >> 20} MiB at most"
    return Check(demand, f"{grown / 2**20:+.1f} of {size / 2**20:,.0f} MiB", grown <= most)
