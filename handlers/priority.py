"""Priority where cores are scarce: predictions before explanations."""

import os

NICE = 10  # of 19: about a tenth of a core that other processes compete for, all of an idle one


def lower_priority_if_explainer(registered: str, archive: str) -> bool:
    """Lower this process's priority if its archive, called ``archive``, is registered under another name.

    Such a registration computes explanations beside the one that predicts; docs/isolation.md has measurements.
    Return True if this process is one.
    """
    if registered == archive:
        return False
    os.nice(NICE)
    return True
