"""Priority where cores are scarce: predictions before explanations."""

import os

NICE = 10  # of 19: gets a tenth of a core that somebody else wants, and the whole of one that nobody does


def give_way(registered: str, name: str) -> bool:
    """Make this process nice to others if its archive, called ``name``, is registered under another name.

    Such a registration is there to explain beside one that predicts; docs/isolation.md has what it gains. Tells
    whether it is one.
    """
    if registered == name:
        return False
    os.nice(NICE)
    return True
