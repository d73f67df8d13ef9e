"""Faults: a worker reaches its own memory limit, or the kernel kills it for lack of memory."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from resilience.faults.fault import Check, Injected
from resilience.faults.node import Node

_GROUPS = Path("/sys/fs/cgroup")
_LIMITS = ("memory.limit_in_bytes", "memory.max")
_EVENTS = ("memory.oom_control", "memory.events")
_IMAGES = 4096  # images of one request: the most that the API accepts
_SPARE = 2 << 20  # bytes that the worker may still allocate
_BACK_SECONDS = 90.0


def limit(node: Node) -> Injected:
    """Set RLIMIT_AS to the memory of the worker. Then send a request of many images, which needs more."""
    worker = node.wait_worker()
    before, began = resource.prlimit(worker, resource.RLIMIT_AS), time.monotonic()
    resource.prlimit(worker, resource.RLIMIT_AS, (psutil.Process(worker).memory_info().vms + _SPARE, before[1]))
    try:
        message = _large(node)
        time.sleep(1.0)
    finally:
        if psutil.pid_exists(worker):
            resource.prlimit(worker, resource.RLIMIT_AS, before)
    node.until(lambda: node.worker() and node.ready(), _BACK_SECONDS, "a worker")
    survived = node.wait_worker() == worker
    return Injected(began, {"large": message, "survived": survived})


def kill_by_kernel(node: Node) -> Injected:
    """Give a worker a control group with less memory than it needs, so that the kernel's OOM killer kills it."""
    worker = node.wait_worker()
    with _group() as group:
        began = time.monotonic()
        (group / "cgroup.procs").write_text(str(worker))
        message = _large(node)
        node.until(lambda: node.worker() not in (0, worker) and node.ready(), _BACK_SECONDS, "another worker")
        killed = _killed(group)
    return Injected(
        began, {"large": message}, (Check("the kernel's OOM killer ended it", f"{killed} killed", killed > 0),)
    )


def missing() -> str:
    """Return the reason why no control group can be made here; empty if it can."""
    try:
        with _group():
            return ""
    except OSError as error:
        return f"no control group for memory can be made: {error}"


@contextmanager
def _group() -> Iterator[Path]:
    """Make a control group (version 1 or 2) whose processes can allocate hardly any more memory after they join."""
    old = (_GROUPS / "memory" / _LIMITS[0]).exists()
    group = (_GROUPS / "memory" if old else _GROUPS) / f"digits-faults-{os.getpid()}"
    group.mkdir()
    try:
        (group / _LIMITS[0 if old else 1]).write_text(str(_SPARE))
        yield group
    finally:
        group.rmdir()


def _killed(group: Path) -> int:
    """Return the number of its processes that the kernel has killed for lack of memory."""
    events = next(path for name in _EVENTS if (path := group / name).exists())
    return int(dict(line.split() for line in events.read_text().splitlines())["oom_kill"])


def _large(node: Node) -> str:
    """Return the answer to a request of many images."""
    with node.client() as http:
        try:
            answer = http.post("/predictions/digits", content=bytes(784 * _IMAGES))
        except httpx.TransportError as error:
            return type(error).__name__
    return f"{answer.status_code} {answer.text[:200]}"
