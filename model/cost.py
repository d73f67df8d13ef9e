"""The cost of a request in CPU seconds, estimated before the work is done."""

from collections.abc import Callable

Charge = Callable[[float], None]  # takes the seconds that the next step will cost; refuses it by a ServiceError


def free(seconds: float) -> None:
    """Refuse nothing."""
