"""List of all faults, in the order in which they are injected."""

import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from resilience.cluster.clients import CROWD, STEADY, Pace
from resilience.faults import archive, changes, clock, disk, memory, memory_soak, overload, processes, renewal
from resilience.faults.fault import Bounds, Fault, Injected, under_load
from resilience.faults.node import Node

WORKER_SECONDS, JVM_SECONDS = 5.0, 20.0
OVERLOAD_SECONDS, SOAK_SECONDS = 300, 600
_WORKER, _HANG = Bounds(first=WORKER_SECONDS), Bounds(first=15.0)
_GATEWAY, _JVM = (Bounds(lost=None, first=seconds) for seconds in (WORKER_SECONDS, JVM_SECONDS))
_DISK, _CLOCK = Bounds(slowest=WORKER_SECONDS), Bounds(lost=None, steady=WORKER_SECONDS)
_CROWD = Bounds(slowest=5.0, refusal=5.0)
_SERVED = Bounds(refused=0)


def faults(overloaded: int = OVERLOAD_SECONDS, soaked: int = SOAK_SECONDS) -> tuple[Fault, ...]:
    """Return all faults. ``overloaded`` and ``soaked`` are durations in seconds."""
    kill, stop = (partial(processes.strike_worker, number) for number in (signal.SIGKILL, signal.SIGSTOP))
    return (
        _loaded("worker", "kill -9 of a worker", kill, _WORKER),
        _loaded("jvm", "kill -9 of the JVM", processes.kill_jvm, _JVM),
        _loaded("gateway", "kill -9 of the gateway", processes.kill_gateway, _GATEWAY),
        _loaded("supervisor", "kill -9 of the supervisor", processes.kill_supervisor, _SERVED, CROWD),
        _loaded("memory", "no more memory for a worker", memory.limit, _WORKER),
        _loaded(
            "oom", "the kernel ends a worker for its memory", memory.kill_by_kernel, _WORKER, missing=memory.missing
        ),
        _loaded("hang", "a worker hangs", stop, _HANG),
        _loaded("disk", "the disk is full", disk.fill, _DISK, missing=disk.missing),
        _loaded("disk-jvm", "kill -9 of the JVM while the disk is full", disk.lose_jvm, _JVM, missing=disk.missing),
        _loaded(
            "clock",
            "the clock jumps two hours, and back",
            clock.jump,
            _CLOCK,
            missing=clock.missing,
            environment=clock.environment,
        ),
        _loaded("renewal", "ten new keys for TorchServe", renewal.renew, _SERVED, renewal.PACE),
        Fault("rollout", "another version, and the one before again", changes.roll),
        _loaded("scale", "more workers and fewer", changes.scale, _SERVED, CROWD),
        Fault("drain", "an orderly end", changes.drain),
        _loaded("archive", "a corrupt archive", archive.corrupt, _SERVED),
        _loaded("queue", "a full queue", overload.flood, _CROWD, missing=overload.missing),
        Fault(
            "overload",
            "twice the load that it can take",
            partial(overload.overload, overloaded),
            missing=overload.missing,
        ),
        Fault("soak", "a long time under load", partial(memory_soak.soak, soaked), missing=overload.missing),
    )


def _loaded(
    name: str, title: str, inject: Callable[[Node], Injected], bounds: Bounds, pace: Pace = STEADY, **more: Any
) -> Fault:
    """Return a fault that is injected under a load of checked requests."""
    return Fault(name, title, under_load(inject, bounds, pace), **more)
