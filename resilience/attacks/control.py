"""A control: what the attacker's own work costs the others, for it shares their cores."""

import hashlib

from resilience.attacks.attack import Act, Run

_BLOCK = bytes(10_000_000)


def computes() -> Act:
    """Prepare an act that computes for all of its time, as encrypting bodies does, and sends nothing."""

    async def act(run: Run) -> None:
        while not run.over:
            hashlib.sha256(_BLOCK)
            run.answers["nothing sent"] += 1

    return act
