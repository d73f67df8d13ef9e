"""More requests at once than there is room for, inside TorchServe and at the gateway."""

import shutil
import time

from resilience.faults.fault import Check, Injected
from resilience.faults.flow import RequestLoad, files, flow
from resilience.faults.node import Node

_CLIENTS, _SECONDS = 1500, 5  # six times what is let in to TorchServe at once
_REQUESTS = 10  # for each right answer; without a brake on those who ask again at once there were 40


def missing() -> str:
    return "" if shutil.which("wrk") else "wrk is not installed"


def flood(node: Node) -> Injected:
    """Thousands of clients that send requests at once, and again after each answer."""
    began = time.monotonic()
    seen = flow(node, files(), RequestLoad(_CLIENTS, _SECONDS))
    refused, ratio = seen.count("refused"), seen.answered / max(1, seen.count("right"))
    checks = (
        Check("the queue is full: some are refused", f"{refused:,}", refused > 0),
        Check(f"at most {_REQUESTS} requests for each right answer", f"{ratio:.1f}", ratio <= _REQUESTS),
    )
    return Injected(began, {"clients": _CLIENTS, "seconds": _SECONDS}, checks, seen)
