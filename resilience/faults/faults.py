"""All that happens to the node, in this order."""

import signal
from functools import partial

from resilience.cluster.clients import CROWD, Pace
from resilience.faults import archive, changes, clock, disk, memory, overload, processes, renewal, soak
from resilience.faults.fault import Bounds, Fault, under_load

WORKER_SECONDS, JVM_SECONDS = 5.0, 20.0
OVERLOAD_SECONDS, SOAK_SECONDS = 300, 600
_HANG_SECONDS, _CROWD_SECONDS = 15.0, 5.0
_WORKER = Bounds(first=WORKER_SECONDS)
_JVM = Bounds(lost=None, first=JVM_SECONDS)


def faults(overloaded: int = OVERLOAD_SECONDS, soaked: int = SOAK_SECONDS, pace: Pace = CROWD) -> tuple[Fault, ...]:
    """overloaded, soaked: for how many seconds; pace: of the clients during a change by an operator."""
    return (
        Fault("worker", "kill -9 of a worker", under_load(partial(processes.strike_worker, signal.SIGKILL), _WORKER)),
        Fault("jvm", "kill -9 of the JVM", under_load(processes.kill_jvm, _JVM)),
        Fault(
            "gateway",
            "kill -9 of the gateway",
            under_load(processes.kill_gateway, Bounds(lost=None, first=WORKER_SECONDS)),
        ),
        Fault(
            "supervisor", "kill -9 of the supervisor", under_load(processes.kill_supervisor, Bounds(refused=0), pace)
        ),
        Fault("memory", "no more memory for a worker", under_load(memory.limit, _WORKER)),
        Fault(
            "oom",
            "the kernel ends a worker for its memory",
            under_load(memory.kill_by_kernel, _WORKER),
            missing=memory.missing,
        ),
        Fault(
            "hang",
            "a worker hangs",
            under_load(partial(processes.strike_worker, signal.SIGSTOP), Bounds(first=_HANG_SECONDS)),
        ),
        Fault(
            "disk",
            "the disk is full",
            under_load(disk.fill, Bounds(slowest=WORKER_SECONDS)),
            missing=disk.missing,
        ),
        Fault(
            "disk-jvm",
            "kill -9 of the JVM while the disk is full",
            under_load(disk.lose_jvm, _JVM),
            missing=disk.missing,
        ),
        Fault(
            "clock",
            "the clock jumps two hours, and back",
            under_load(clock.jump, Bounds(lost=None, steady=WORKER_SECONDS)),
            missing=clock.missing,
            environment=clock.environment,
        ),
        Fault("renewal", "ten new keys for TorchServe", under_load(renewal.renew, Bounds(refused=0), renewal.PACE)),
        Fault("rollout", "another version, and the one before again", changes.roll),
        Fault("scale", "more workers and fewer", under_load(changes.scale, Bounds(refused=0), pace)),
        Fault("drain", "an orderly end", partial(changes.drain, pace=pace)),
        Fault("archive", "a corrupt archive", under_load(archive.corrupt, Bounds(refused=0))),
        Fault(
            "queue",
            "a full queue",
            under_load(overload.flood, Bounds(slowest=_CROWD_SECONDS, refusal=_CROWD_SECONDS)),
            missing=overload.missing,
        ),
        Fault(
            "overload",
            "twice the load that it can take",
            partial(overload.overload, overloaded),
            missing=overload.missing,
        ),
        Fault("soak", "a long time under load", partial(soak.soak, soaked), missing=overload.missing),
    )
