"""Priority where cores are scarce: predictions before explanations, and these before large files."""

import os
from contextlib import suppress

NICE = 10  # of 19: about a tenth of a core that other processes compete for, all of an idle one
IDLE = "uploads"  # registration whose batches take so long that the kernel must interrupt them at once


def lower_priority_if_separate(registered: str, archive: str) -> bool:
    """Lower this process's priority if its archive, called ``archive``, is registered under another name.

    Such a registration works beside the one that predicts; docs/isolation.md has measurements. A thread that wakes
    waits up to 3 ms for a nice one to be interrupted, and not at all for one of the scheduling policy SCHED_IDLE.
    Return True if this process is one.
    """
    if registered == archive:
        return False
    os.nice(NICE)
    if registered == IDLE:
        with suppress(OSError, AttributeError):  # a sandbox may forbid it, and only Linux has it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    return True
