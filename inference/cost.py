"""The cost of a request in CPU seconds, estimated before the work is done."""

from collections.abc import Callable

from inference.errors import TooLarge

MOST = 0.5  # CPU seconds for one request: what shares its batch waits for it

Charge = Callable[[float], None]  # takes the seconds that the next step will cost; refuses it by a ServiceError


def free(seconds: float) -> None:
    """Refuse nothing."""


def limited(charge: Charge, what: Callable[[], str], hint: str) -> Charge:
    """Return a charge that raises TooLarge, too, once the steps of one request cost over 0.5 s in all."""
    spent = 0.0

    def limit(seconds: float) -> None:
        nonlocal spent
        spent += seconds
        if spent > MOST:
            raise TooLarge(f"{what()} take over {MOST} s", hint)
        charge(seconds)

    return limit
