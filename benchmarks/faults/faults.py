"""All that happens to the node, in this order."""

from benchmarks.faults import archive, clock, disk, memory, processes
from benchmarks.faults.fault import Bounds, Fault

WORKER_SECONDS, JVM_SECONDS = 5.0, 20.0
_HANG_SECONDS = 15.0

FAULTS = (
    Fault("worker", "kill -9 of a worker", processes.kill_worker, Bounds(first=WORKER_SECONDS)),
    Fault("jvm", "kill -9 of the JVM", processes.kill_jvm, Bounds(lost=None, first=JVM_SECONDS)),
    Fault("gateway", "kill -9 of the gateway", processes.kill_gateway, Bounds(lost=None, first=WORKER_SECONDS)),
    Fault("memory", "no more memory for a worker", memory.limit, Bounds(first=WORKER_SECONDS)),
    Fault(
        "oom",
        "the kernel ends a worker for its memory",
        memory.kill_by_kernel,
        Bounds(first=WORKER_SECONDS),
        missing=memory.missing,
    ),
    Fault("hang", "a worker hangs", processes.stop_worker, Bounds(first=_HANG_SECONDS, refusal=_HANG_SECONDS)),
    Fault("disk", "the disk is full", disk.fill, Bounds(slowest=WORKER_SECONDS), missing=disk.missing),
    Fault(
        "disk-jvm",
        "kill -9 of the JVM while the disk is full",
        disk.lose_jvm,
        Bounds(lost=None, first=JVM_SECONDS),
        missing=disk.missing,
    ),
    Fault(
        "clock",
        "the clock jumps two hours, and back",
        clock.jump,
        Bounds(lost=None, steady=WORKER_SECONDS),
        missing=clock.missing,
        environment=clock.environment,
    ),
    Fault("archive", "a corrupt archive", archive.corrupt, Bounds(refused=0)),
)
