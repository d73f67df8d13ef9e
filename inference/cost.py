"""Cost of a request in CPU seconds, estimated before the work is done."""

from collections.abc import Callable

from inference.errors import TooLarge

MOST = 0.5  # CPU seconds for one request: the other requests of its batch wait for it

Charge = Callable[[float], None]  # receives the CPU seconds of the next step; raises a ServiceError to refuse it


def free(seconds: float) -> None:
    """Accept a step of any cost."""


def limited(charge: Charge, what: Callable[[], str], hint: str) -> Charge:
    """Return a charge that also raises TooLarge when the steps of one request cost over 0.5 s in all.

    what  returns a verb and its object for the message, as "decode the files"
    """
    spent = 0.0

    def limit(seconds: float) -> None:
        nonlocal spent
        spent += seconds
        if spent > MOST:
            raise TooLarge(f"the estimated time to {what()} is over {MOST} s", hint)
        charge(seconds)

    return limit
