"""Process priority for busy cores: predictions first, then explanations, then large files."""

import os
from contextlib import suppress

NICE = 10  # of 19: about a tenth of a core that other processes use, all of an idle core
IDLE = "uploads"  # name under which a model gets batches so long that the kernel must interrupt them at once


def lower_priority_if_separate(registered: str, archive: str) -> bool:
    """Lower the priority of this process, and return True, if its archive is registered under another name.

    Such a worker runs beside the workers for predictions; docs/isolation.md has measurements. The kernel takes up to
    3 ms to interrupt a nice process for a thread that wakes. It interrupts one with the policy SCHED_IDLE at once.
    """
    if registered == archive:
        return False
    os.nice(NICE)
    if registered == IDLE:
        with suppress(OSError, AttributeError):  # a sandbox may forbid the call; only Linux has the policy
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    return True
